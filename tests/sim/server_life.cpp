#include "server_life.hpp"

#include <optional>
#include <utility>

#include "report.hpp"
#include "sim/wait.hpp"

namespace cambium::history {

namespace {

constexpr int start_tries_max = 50;
// Without a reserve a full disk may refuse the start: in the end somebody makes room.
constexpr int start_tries_without_space = 10;

void call(const ServerLife::Hook& hook) {
    if (hook) hook();
}

}  // namespace

void ServerLife::violate(std::string checker, std::string what) {
    add_violation(simulation_, outcome_, std::move(checker), std::move(what));
}

void ServerLife::set(std::string_view name, const std::string& value) {
    const Status status = settings_.set(name, value);
    if (!status.ok()) violate("harness", status.error().text());
}

void ServerLife::set_place(const std::vector<std::string>& directories) {
    set("node.id", "1");
    std::string list;
    for (const std::string& each : directories) list += (list.empty() ? "" : ",") + each;
    set("log.dirs", list);
    set("listeners", "PLAINTEXT://server:" + std::to_string(port));
}

bool ServerLife::start() {
    broker_ = std::make_unique<broker::Broker>(node_.world(),
                                               broker::BrokerOptions{settings_, nullptr, {}});
    const Status started = sim::wait(simulation_, broker_->start());
    if (started.ok()) {
        call(up_);
        return true;
    }
    if (node_.alive() && !faulty_)
        violate("6 recovery", "the server did not start: " + started.error().text());
    stop();
    return false;
}

void ServerLife::stop() {
    call(stopping_);
    if (!broker_) return;
    (void)sim::wait(simulation_, broker_->close());
    broker_.reset();
    node_.restart();
    call(gone_);
}

void ServerLife::start_again() {
    for (int i = 0; i < start_tries_max && outcome_.violations.empty(); ++i) {
        if (i == start_tries_without_space) node_.disk().faults.quota_bytes = INT64_MAX;
        sim::EventId sudden = sim::EventId::none;
        if (faulty_ && random_.chance(0.2))
            sudden =
                simulation_.after(io::Duration(random_.between(1, 20'000'000)), [this] { end(); });
        const bool up = start();
        simulation_.cancel(sudden);
        if (up) return;
    }
}

void ServerLife::end() {
    if (!node_.alive()) return;
    if (power_cuts_ > 0 && random_.chance(power_cuts_)) node_.crash();
    else node_.kill();
    call(gone_);
}

bool ServerLife::begin_calm(const std::function<bool()>& prepare) {
    simulation_.decide_faults(
        [this](std::string_view) { return faulty_ ? std::nullopt : std::optional<bool>(false); });
    const sim::DiskFaults faults = std::exchange(node_.disk().faults, sim::DiskFaults{});
    if (!start() || !prepare()) return false;
    node_.disk().faults = faults;
    return true;
}

void ServerLife::heal(const Hook& mend) {
    faulty_ = false;
    simulation_.net().heal_all();
    simulation_.config().network.reset = 0;
    simulation_.config().network.accept_error = 0;
    node_.disk().faults = sim::DiskFaults{};
    node_.disk().mend();
    stop();
    call(mend);
    start_again();
}

}  // namespace cambium::history
