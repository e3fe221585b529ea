// Scenario `groups`: one server whose lives end at any step, and groups of members that join, share
// a topic, commit, fall silent, die, lie and come back. Scenario `consumer_groups`: the same with
// members of the consumer protocol. Scenario `mixed_groups`: with members of both in one group,
// that change their protocol.
#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "changing_member.hpp"
#include "claims.hpp"
#include "client/admin.hpp"
#include "consumer_member.hpp"
#include "group_ledger.hpp"
#include "group_member.hpp"
#include "history.hpp"
#include "report.hpp"
#include "server_life.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"
#include "wire/messages/find_coordinator.hpp"

namespace cambium::history {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int64_t groups_max = 2;
constexpr int64_t members_max = 4;
constexpr int64_t server_lives_max = 4;
constexpr int coordinator_tries_max = 50;

enum class Speaking : uint8_t { classic, consumer, both };

class GroupHistory {
public:
    GroupHistory(uint64_t seed, Speaking speaking)
        : simulation_(seed, calm_bits(sim::Config::draw(io::Random(seed)))),
          random_(simulation_.random("group history")),
          ledger_([this](std::string checker, std::string what) {
              violate(std::move(checker), std::move(what));
          }),
          claims_([this](std::string checker,
                         std::string what) { violate(std::move(checker), std::move(what)); },
                  [this] { return simulation_.now(); }),
          speaking_(speaking),
          life_(simulation_, outcome_, random_) {
        life_.on_gone([this] { ledger_.server_gone(); });
        draw_settings();
    }

    Outcome run() {
        if (life_.begin_calm([this] { return create_topics(); })) {
            add_members();
            chaos();
            life_.heal({});
            if (outcome_.violations.empty()) quiet();
        }
        for (auto& member : members_) sim::wait(simulation_, member->close());
        life_.stop();
        finish(simulation_, outcome_);
        return std::move(outcome_);
    }

private:
    void violate(std::string checker, std::string what) {
        add_violation(simulation_, outcome_, std::move(checker), std::move(what));
    }
    void draw_settings() {
        life_.set_place({"data"});
        // What a group is must fit into a segment.
        life_.set("internal.segment.bytes", std::to_string(random_.between(4096, 65536)));
        // Commits are acknowledged when they are on the disk, whatever the other topics have.
        life_.set("log.flush.policy", random_.chance(0.7) ? "ack" : "os");
        life_.set("offsets.topic.num.partitions", std::to_string(random_.between(1, 3)));
        life_.set("group.min.session.timeout.ms", "1");
        life_.set("group.initial.rebalance.delay.ms", std::to_string(random_.between(0, 500)));
        // Cleaned all the time, or never.
        if (random_.chance(0.8))
            life_.set("offsets.topic.dirty.max.bytes", std::to_string(random_.between(200, 5'000)));
        if (speaking_ == Speaking::classic) return;
        // There a session is the server's to say.
        consumer_session_ms_ = static_cast<int32_t>(random_.between(300, 3'000));
        life_.set("group.consumer.session.timeout.ms", std::to_string(consumer_session_ms_));
        life_.set("group.consumer.assignment.interval.ms", std::to_string(random_.between(0, 500)));
        life_.set("group.consumer.assignors",
                  random_.chance(0.7) ? "uniform,range" : "range,uniform");
    }

    // ---- topics and members

    bool create_topics() {
        sim::Node& node = simulation_.add_node("operator");
        client::Client client(node.world(), client_options(life_.address(), random_));
        client::Admin admin(client);
        client::NewTopic wanted;
        wanted.name = "work";
        wanted.partitions = static_cast<int32_t>(random_.between(1, 6));
        const Result<client::CreatedTopic> created =
            sim::wait(simulation_, admin.create_topic(wanted));
        if (!created.ok()) violate("7 metadata", "no topic: " + created.error().text());
        else
            topic_ = {wanted.name, life_.broker()->image()->topic(wanted.name)->id,
                      wanted.partitions};
        // Whoever asks for a coordinator first has the topic of the offsets made.
        Status found = Errc::request_timed_out;
        for (int i = 0; i < coordinator_tries_max && !found.ok(); ++i)
            found = sim::wait(simulation_, find_coordinator(&client));
        if (!found.ok()) violate("8 groups", "no coordinator: " + found.error().text());
        sim::wait(simulation_, client.close());
        return outcome_.violations.empty();
    }
    static io::Task<Status> find_coordinator(client::Client* client) {
        wire::FindCoordinatorRequest request;
        request.coordinator_keys = {"somebody"};
        const io::Monotonic deadline = client->operation_deadline();
        const auto reply =
            co_await client->call_any<wire::FindCoordinatorResponse>(std::move(request), deadline);
        co_return reply.ok() ? Status() : Status(reply.error());
    }
    void add_members() {
        const int64_t groups = random_.between(1, groups_max);
        for (int64_t group = 0; group < groups; ++group) {
            const int64_t count = random_.between(1, members_max);
            const bool of_names = random_.chance(0.4);
            for (int64_t i = 0; i < count; ++i) add_member(group, i, of_names);
        }
        for (auto& member : members_) member->start();
    }
    void add_member(int64_t group, int64_t number, bool of_names) {
        const std::string name = "member" + std::to_string(group) + std::to_string(number);
        AnyMember::Options options;
        options.group = "group" + std::to_string(group);
        if (of_names && random_.chance(0.7)) options.instance = "i" + std::to_string(number);
        options.session_ms = speaking_ == Speaking::classic
                                 ? static_cast<int32_t>(random_.between(300, 3'000))
                                 : consumer_session_ms_;
        options.rebalance_ms = static_cast<int32_t>(random_.between(500, 5'000));
        options.pause_max = milliseconds(random_.between(5, options.session_ms / 6));
        sim::Node& node = simulation_.add_node(name);
        nodes_.push_back(&node);
        const AnyMember::Surroundings around{&node, life_.address(), topic_, &ledger_,
                                             [this](std::string checker, std::string what) {
                                                 violate(std::move(checker), std::move(what));
                                             }};
        members_.push_back(made(around, std::move(options)));
    }
    std::unique_ptr<AnyMember> made(const AnyMember::Surroundings& around,
                                    AnyMember::Options options) {
        switch (speaking_) {
            case Speaking::classic:
                return std::make_unique<GroupMember>(around, std::move(options), random_.split());
            case Speaking::consumer:
                return std::make_unique<ConsumerMember>(around, std::move(options), &claims_,
                                                        random_.split());
            case Speaking::both: break;
        }
        return std::make_unique<ChangingMember>(around, std::move(options), &claims_,
                                                random_.split());
    }

    // ---- what happens

    void chaos() {
        life_.let_fail();
        const int64_t lives = random_.between(1, server_lives_max);
        for (int64_t i = 0; i < lives && outcome_.violations.empty(); ++i) {
            const int64_t scenes = random_.between(1, 6);
            for (int64_t scene = 0; scene < scenes; ++scene) {
                disturb();
                (void)simulation_.run_for(milliseconds(random_.between(1, 2'000)));
            }
            if (random_.chance(0.8)) life_.end();
            life_.stop();
            (void)simulation_.run_for(milliseconds(random_.between(0, 500)));
            life_.start_again();
        }
    }
    void disturb() {
        for (sim::Node* node : nodes_) {
            if (random_.chance(0.1)) simulation_.net().reset_between(node->name(), "server");
            if (random_.chance(0.05)) simulation_.net().silence_between(node->name(), "server");
            if (random_.chance(0.05)) simulation_.net().cut(node->name(), "server");
            // It comes back and does not know that its session is over.
            if (random_.chance(0.1)) node->pause(milliseconds(random_.between(1, 5'000)));
        }
        if (random_.chance(0.6)) simulation_.net().heal_all();
    }
    // Nothing fails and nobody lies any more: every group comes to one generation, in which each
    // partition has an owner; what was committed is there.
    void quiet() {
        for (auto& member : members_) member->behave();
        if (!settles()) return;
        if (ledger_.commits() > 0) sometimes("history.committed");
        // Others take over from who dies.
        if (members_.size() > 1 && members_[0]->identity().group == members_[1]->identity().group)
            members_[0]->vanish();
        if (!settles()) return;
        (void)simulation_.run_for(seconds(20));  // everybody reads and commits on
    }
    bool settles() {
        const io::Monotonic limit = simulation_.now() + seconds(600);
        (void)simulation_.run_until([&] { return agreed() || simulation_.now() > limit; });
        if (!agreed()) violate("8 groups", "a group does not settle: " + picture());
        return agreed();
    }
    // Who thinks to have what.
    [[nodiscard]] std::string picture() const {
        std::string out;
        for (const auto& member : members_) {
            const GroupIdentity& who = member->identity();
            out += who.group + " " + who.owner() + " generation " + std::to_string(who.generation) +
                   (member->settled() ? " has" : " lacks");
            for (const int32_t each : member->partitions()) out += " " + std::to_string(each);
            out += "; ";
        }
        return out;
    }
    [[nodiscard]] bool agreed() const {
        std::map<std::string, std::pair<int32_t, std::multiset<int32_t>>> seen;
        for (const auto& member : members_) {
            if (member->gone()) continue;
            if (!member->settled()) return false;
            const GroupIdentity& who = member->identity();
            auto& [generation, shares] =
                seen.try_emplace(who.group, who.generation, std::multiset<int32_t>()).first->second;
            if (generation != who.generation) return false;
            shares.insert(member->partitions().begin(), member->partitions().end());
        }
        return std::ranges::all_of(seen, [this](const auto& group) {
            const auto& shares = group.second.second;
            const std::set<int32_t> different(shares.begin(), shares.end());
            return shares.size() == different.size() &&
                   different.size() == static_cast<size_t>(topic_.partitions);
        });
    }

    sim::Simulation simulation_;
    io::Random random_;
    Outcome outcome_;
    GroupLedger ledger_;
    Claims claims_;
    Speaking speaking_;
    int32_t consumer_session_ms_ = 0;
    ServerLife life_;
    KnownTopic topic_;
    std::vector<std::unique_ptr<AnyMember>> members_;
    std::vector<sim::Node*> nodes_;
};

}  // namespace

Outcome run_groups(uint64_t seed) {
    GroupHistory history(seed, Speaking::classic);
    return history.run();
}

Outcome run_consumer_groups(uint64_t seed) {
    GroupHistory history(seed, Speaking::consumer);
    return history.run();
}

Outcome run_mixed_groups(uint64_t seed) {
    GroupHistory history(seed, Speaking::both);
    return history.run();
}

}  // namespace cambium::history
