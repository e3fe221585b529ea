// Members of one group under a storm of joins, leaves and deaths.
//
// Each member is a consumer with a client, and so with connections, of its own. A ledger sees what
// every member is given in every generation, and looks at all of them together every few
// milliseconds: within a generation a partition has one owner, and nobody holds what a living
// member holds. Time to settle is counted from the last event of the storm until all members are in
// one generation and every partition has its owner.
#include <algorithm>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/client.hpp"
#include "client/group_consumer.hpp"
#include "io/gate.hpp"
#include "io/timers.hpp"
#include "load.hpp"

namespace cambium::load {
namespace {

using std::chrono::milliseconds;

constexpr io::Duration look_interval = milliseconds(20);
constexpr io::Duration poll_time = milliseconds(1'000);
// Nothing is written to the topic: fetches are there because consumers have them.
constexpr io::Duration fetch_wait = milliseconds(5'000);
constexpr int64_t heartbeats_in_a_session = 4;

client::ClientOptions client_options(const StormOptions& options) {
    client::ClientOptions out;
    out.bootstrap = {options.server};
    return out;
}

client::GroupConsumerOptions consumer_options(const StormOptions& options) {
    client::GroupConsumerOptions out;
    out.membership.group = options.group;
    out.membership.topics = {options.topic};
    if (options.consumer_protocol) out.membership.protocol = client::GroupProtocol::consumer;
    out.membership.session_timeout = milliseconds(options.session_ms);
    out.membership.heartbeat_interval = milliseconds(options.session_ms / heartbeats_in_a_session);
    out.consumer.wait_max = fetch_wait;
    return out;
}

struct Member {
    Member(io::World world, const StormOptions& options, int64_t given)
        : number(given),
          client(world, client_options(options)),
          consumer(client, consumer_options(options)) {}
    int64_t number;
    client::Client client;
    client::GroupConsumer consumer;
    bool goes = false;
    bool dies = false;
    bool ended = false;
};

// Who had what in which generation.
class Ledger {
public:
    void look(const Member& member) {
        const client::Membership& membership = member.consumer.membership();
        if (!member.consumer.settled()) return;
        for (const TopicPartition& each : membership.owned()) {
            const auto [place, first] =
                owners_.try_emplace({membership.generation(), each.partition}, member.number);
            if (!first && place->second != member.number) ++violations_;
        }
        newest_ = std::max(newest_, membership.generation());
        // Nobody goes back so far.
        constexpr int32_t kept_generations = 50;
        owners_.erase(owners_.begin(),
                      owners_.lower_bound({newest_ - kept_generations, PartitionIndex(0)}));
    }
    void shared() { ++violations_; }
    [[nodiscard]] int64_t violations() const { return violations_; }
    [[nodiscard]] int32_t newest() const { return newest_; }

private:
    std::map<std::pair<int32_t, PartitionIndex>, int64_t> owners_;
    int64_t violations_ = 0;
    int32_t newest_ = -1;
};

class Storm {
public:
    Storm(io::World world, StormOptions options)
        : world_(world), options_(std::move(options)), alarm_(world.timers) {}

    io::Task<Result<std::string>> run();

private:
    io::Task<void> live(Member* member);
    io::Task<Status> learn_topic();
    io::Task<int64_t> settle();
    io::Task<void> rage();
    io::Task<void> next_look() {
        (void)co_await alarm_.sleep_until(world_.clock.now() + look_interval);
    }
    void come();
    void go(bool dies);
    void something_happens();
    [[nodiscard]] bool settled();
    void bury();
    [[nodiscard]] int64_t since(io::Monotonic from) const {
        return std::chrono::duration_cast<milliseconds>(world_.clock.now() - from).count();
    }

    io::World world_;
    StormOptions options_;
    io::Alarm alarm_;
    std::list<Member> members_;  // also those on their way out
    size_t living_ = 0;
    size_t partitions_ = 0;
    int64_t came_ = 0;
    int64_t left_ = 0;
    int64_t died_ = 0;
    Ledger ledger_;
    std::string failure_;
    io::Gate gate_;
};

io::Task<void> Storm::live(Member* member) {
    while (!member->goes) {
        const Result<bool> polled = co_await member->consumer.poll(poll_time);
        if (!polled.ok()) {
            if (!member->goes) failure_ = polled.error().text();
            break;
        }
        ledger_.look(*member);
    }
    if (member->dies) co_await member->consumer.abandon();
    else co_await member->consumer.close();
    co_await member->client.close();
    member->ended = true;
}

void Storm::come() {
    members_.emplace_back(world_, options_, ++came_);
    ++living_;
    io::spawn(gate_, live(&members_.back()));
}

void Storm::go(bool dies) {
    std::vector<Member*> living;
    for (Member& member : members_)
        if (!member.goes) living.push_back(&member);
    Member* const chosen = living[world_.random.below(living.size())];
    chosen->goes = true;
    chosen->dies = dies;
    --living_;
    ++(dies ? died_ : left_);
    chosen->consumer.wake();
}

// Around the number of members that there shall be.
void Storm::something_happens() {
    const auto wanted = static_cast<size_t>(options_.members);
    const size_t spread = std::max<size_t>(1, wanted / 20);
    const bool few = living_ + spread <= wanted;
    const bool many = living_ >= wanted + spread;
    if (few || (!many && world_.random.below(2) == 0)) come();
    else go(world_.random.below(2) == 0);
}

void Storm::bury() {
    members_.remove_if([](const Member& member) { return member.ended; });
}

bool Storm::settled() {
    std::map<TopicPartition, int32_t> held;  // in which generation
    int32_t generation = -1;
    bool all = true;
    for (const Member& member : members_) {
        if (member.goes) continue;
        const client::Membership& membership = member.consumer.membership();
        ledger_.look(member);
        for (const TopicPartition& each : membership.owned()) {
            const bool first = held.try_emplace(each, membership.generation()).second;
            if (!first) ledger_.shared();
        }
        if (generation == -1) generation = membership.generation();
        all = all && member.consumer.settled() && membership.generation() == generation;
    }
    return all && held.size() == partitions_;
}

// How long it took, in ms; -1: not within the patience.
io::Task<int64_t> Storm::settle() {
    const io::Monotonic began = world_.clock.now();
    while (!settled() && failure_.empty()) {
        if (since(began) > options_.patience_ms) co_return -1;
        co_await next_look();
        bury();
    }
    co_return since(began);
}

io::Task<void> Storm::rage() {
    const io::Monotonic began = world_.clock.now();
    int64_t events = 0;
    while (since(began) < options_.storm_ms && failure_.empty()) {
        for (; events < since(began) * options_.events_per_second / 1000; ++events)
            something_happens();
        (void)settled();
        co_await next_look();
        bury();
    }
    // What it ends with is as large as was asked for.
    while (living_ < static_cast<size_t>(options_.members)) come();
    while (living_ > static_cast<size_t>(options_.members)) go(false);
}

io::Task<Status> Storm::learn_topic() {
    client::Client client(world_, client_options(options_));
    const io::Monotonic deadline = client.operation_deadline();
    const auto topic = co_await client.topic(options_.topic, false, deadline);
    if (topic.ok()) partitions_ = (*topic)->partitions.size();
    co_await client.close();
    co_return topic.ok() ? Status() : Status(topic.error());
}

io::Task<Result<std::string>> Storm::run() {
    const Status learnt = co_await learn_topic();
    if (!learnt.ok()) co_return learnt.error();
    for (int64_t i = 0; i < options_.members; ++i) come();
    const int64_t forming = co_await settle();
    const int32_t before = ledger_.newest();
    if (forming >= 0) co_await rage();
    const int64_t settling = co_await settle();
    // Those who are left go without a word.
    for (Member& member : members_) {
        if (!member.goes) member.dies = true;
        member.goes = true;
        member.consumer.wake();
    }
    co_await gate_.close();
    if (!failure_.empty()) co_return Error{Errc::unknown_server_error, failure_};
    co_return "{\"forming_ms\": " + std::to_string(forming) +
        ", \"settling_ms\": " + std::to_string(settling) +
        ", \"generations\": " + std::to_string(ledger_.newest() - before) +
        ", \"came\": " + std::to_string(came_ - options_.members) +
        ", \"left\": " + std::to_string(left_) + ", \"died\": " + std::to_string(died_) +
        ", \"violations\": " + std::to_string(ledger_.violations()) + "}";
}

}  // namespace

io::Task<Result<std::string>> storm(io::World world, StormOptions options) {
    Storm storm(world, std::move(options));
    co_return co_await storm.run();
}

}  // namespace cambium::load
