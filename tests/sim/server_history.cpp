// Scenario `server`: the whole server, clients on their own nodes, and everything between them that
// can break. Scenario `disks`: the same over several data directories, of which all but the first
// die, are taken out and come back.
#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "client/admin.hpp"
#include "history.hpp"
#include "ledger.hpp"
#include "payload.hpp"
#include "report.hpp"
#include "server_clients.hpp"
#include "server_life.hpp"
#include "server_operator.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::history {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int64_t chaos_lives_max = 5;

class ServerHistory {
public:
    ServerHistory(uint64_t seed, int64_t directories)
        : simulation_(seed, calm_bits(sim::Config::draw(io::Random(seed)))),
          random_(simulation_.random("server history")),
          ledger_([this](std::string checker, std::string what) {
              violate(std::move(checker), std::move(what));
          }),
          life_(simulation_, outcome_, random_),
          server_(life_.node()),
          acks_survive_power_cuts_(random_.chance(0.8)),
          records_go_(random_.chance(0.4)) {
        for (int64_t i = 0; i < directories; ++i) directories_.push_back(directory_name(i));
        // What flush.policy=os acknowledged does not outlive a power cut.
        if (!acks_survive_power_cuts_) life_.cut_power(0);
        life_.on_up([this] {
            watermarks_.clear();
            simulation_.after_each_event([this] { check_watermarks(); });
            check_opened();
        });
        life_.on_stop([this] { simulation_.after_each_event({}); });
        draw_settings();
        if (records_go_ || random_.chance(0.3)) {
            operator_ = std::make_unique<ServerOperator>(simulation_.add_node("janitor"),
                                                         life_.address(), random_.split());
        }
        const int64_t clients = random_.between(1, 3);
        for (int32_t i = 0; i < clients; ++i) {
            sim::Node& node = simulation_.add_node("client" + std::to_string(i));
            clients_.push_back(std::make_unique<ServerClient>(
                node, life_.address(), draw_client(i), &ledger_, random_.split(),
                [this](std::string checker, std::string what) {
                    violate(std::move(checker), std::move(what));
                },
                [this](const PartitionKey& key, Offset offset) { check_acked(key, offset); }));
        }
    }

    Outcome run() {
        if (life_.begin_calm([this] { return create_topics(); })) {
            // A failing sync takes back what only the page cache had, acknowledged or not.
            if (!acks_survive_power_cuts_) server_.disk().faults.sync_error = 0;
            for (auto& client : clients_) client->start(topics_);
            if (operator_) operator_->start(records_go_ ? topics_ : std::vector<KnownTopic>{});
            chaos();
            heal();
            if (outcome_.violations.empty()) quiet();
        }
        close_all();
        finish(simulation_, outcome_);
        return std::move(outcome_);
    }

private:
    void violate(std::string checker, std::string what) {
        add_violation(simulation_, outcome_, std::move(checker), std::move(what));
    }
    void draw_settings() {
        life_.set_place(directories_);
        life_.set("log.dir.reserve.bytes", std::to_string(random_.between(0, 2) * 4096));
        life_.set("internal.segment.bytes", std::to_string(random_.between(512, 65536)));
        life_.set("log.index.interval.bytes", std::to_string(random_.between(1, 4096)));
        life_.set("log.flush.policy", acks_survive_power_cuts_ ? "ack" : "os");
        life_.set("log.tail.cache.bytes", std::to_string(random_.between(1, 256) * 1024));
        life_.set("log.retention.check.interval.ms", std::to_string(random_.between(10, 2000)));
        life_.set("log.segment.delete.delay.ms", std::to_string(random_.between(0, 1000)));
    }
    ServerClient::Options draw_client(int32_t number) {
        ServerClient::Options options;
        options.number = number;
        options.idempotent = random_.chance(0.75);
        options.acks = options.idempotent || random_.chance(0.5) ? -1 : 1;
        constexpr std::array codecs{Codec::none,   Codec::none, Codec::gzip,
                                    Codec::snappy, Codec::lz4,  Codec::zstd};
        options.codec = codecs[random_.below(codecs.size())];
        options.value_bytes_max = random_.between(0, 300);
        options.burst_max = random_.between(1, 20);
        options.pause_max = milliseconds(random_.chance(0.5) ? 5 : 100);
        options.linger = milliseconds(random_.between(0, 5));
        options.fetch_bytes_max = static_cast<int32_t>(random_.between(100, 100'000));
        options.records_go = records_go_;
        return options;
    }

    void check_opened() {
        for (const replica::Trouble& trouble : life_.broker()->start_report().troubles) {
            if (!life_.faulty() || trouble.error.code == Errc::corrupt_data) {
                violate("6 recovery",
                        trouble.partition.text() + " did not open: " + trouble.error.text());
            }
        }
    }

    // ---- the disks, of which the first never fails for good

    static std::string directory_name(int64_t i) {
        return i == 0 ? "data" : "disk" + std::to_string(i);
    }
    static std::string unplugged(const std::string& directory) { return directory + ".unplugged"; }
    [[nodiscard]] const std::string& some_disk() {
        return directories_[1 + random_.below(directories_.size() - 1)];
    }
    // While the server runs.
    void disturb_disks() {
        // A sync that fails takes back what only the page cache had, acknowledged or not.
        if (directories_.size() == 1 || !acks_survive_power_cuts_ || !random_.chance(0.4)) return;
        sometimes("history.disk_died");
        server_.disk().break_path(some_disk(), Errc::io_error);
    }
    // While it does not.
    void move_disks() {
        if (directories_.size() == 1) return;
        if (random_.chance(0.6)) server_.disk().mend();
        for (const std::string& each : directories_) {
            const bool there = !out_.contains(each);
            if (!there && random_.chance(0.6)) plug(each);
            else if (there && each != directories_.front() && random_.chance(0.2)) unplug(each);
        }
    }
    void unplug(const std::string& directory) {
        sometimes("history.disk_unplugged");
        server_.disk().move(directory, unplugged(directory));
        out_.insert(directory);
    }
    void plug(const std::string& directory) {
        if (server_.disk().exists(directory))
            return violate("10 disks", directory + " was made anew while its disk was away");
        server_.disk().move(unplugged(directory), directory);
        out_.erase(directory);
    }

    // ---- what happens

    void chaos() {
        life_.let_fail();
        const int64_t lives = random_.between(1, chaos_lives_max);
        for (int64_t i = 0; i < lives && outcome_.violations.empty(); ++i) {
            disturb_network();
            disturb_disks();
            const io::Duration life =
                milliseconds(random_.between(1, random_.chance(0.2) ? 5000 : 500));
            if (random_.chance(0.3)) break_connections_during(life);
            (void)simulation_.run_for(life);
            if (random_.chance(0.85)) life_.end();
            life_.stop();
            move_disks();
            (void)simulation_.run_for(milliseconds(random_.between(0, 200)));
            if (random_.chance(0.3)) server_.jump_wall(seconds(random_.between(-3600, 3600)));
            life_.start_again();
        }
    }
    // Again and again, some of them while a sync takes long, so that what was not answered yet is
    // sent a second time.
    void break_connections_during(io::Duration life) {
        const int64_t breaks = random_.between(1, 20);
        for (int64_t i = 0; i < breaks; ++i) {
            const io::Duration at(random_.between(0, life.count()));
            if (random_.chance(0.5)) {
                const io::Duration stall = milliseconds(random_.between(1, 300));
                simulation_.after(at - std::min(at, io::Duration(milliseconds(5))), [this, stall] {
                    server_.disk().stall_next(sim::DiskOp::sync, ".log", stall);
                });
            }
            simulation_.after(at, [this] {
                for (size_t client = 0; client < clients_.size(); ++client)
                    simulation_.net().reset_between("client" + std::to_string(client), "server");
            });
        }
    }
    void disturb_network() {
        for (size_t i = 0; i < clients_.size(); ++i) {
            const std::string client = "client" + std::to_string(i);
            if (random_.chance(0.2)) simulation_.net().reset_between(client, "server");
            if (random_.chance(0.1)) simulation_.net().silence_between(client, "server");
            if (random_.chance(0.1)) simulation_.net().cut(client, "server");
            if (random_.chance(0.1)) simulation_.net().cut("server", client);
        }
        if (random_.chance(0.5)) simulation_.net().heal_all();
        if (random_.chance(0.15)) {
            server_.disk().faults.quota_bytes =
                server_.disk().used_bytes() + random_.between(0, 5000);
        } else if (random_.chance(0.5)) {
            server_.disk().faults.quota_bytes = INT64_MAX;
        }
    }
    void heal() {
        life_.heal([this] {
            for (const std::string& each : std::set<std::string>(out_)) plug(each);
        });
    }
    // Nothing fails any more: everything sent must end, and everybody must have read everything.
    void quiet() {
        for (auto& client : clients_) client->stop_producing();
        if (operator_) operator_->stop_asking();
        const io::Monotonic limit = simulation_.now() + seconds(900);
        const auto settled = [this] {
            return (!operator_ || operator_->settled()) &&
                   std::ranges::all_of(clients_,
                                       [](const auto& client) { return client->settled(); });
        };
        (void)simulation_.run_until([&] { return settled() || simulation_.now() > limit; });
        if (!settled())
            return violate("progress", "somebody is stuck although nothing fails any more");
        (void)simulation_.run_until([&] { return all_read() || simulation_.now() > limit; });
        if (!all_read()) return violate("progress", "a reader does not reach the end");
        read_back();
        check_made();
    }
    bool all_read() const {
        for (const KnownTopic& topic : topics_) {
            for (int32_t i = 0; i < topic.partitions; ++i) {
                const replica::Partition* partition = partition_of(topic, i);
                if (partition == nullptr) return false;
                for (const auto& client : clients_) {
                    const auto position = client->position({topic.name, PartitionIndex(i)});
                    if (!position || *position < partition->leader().high_watermark()) return false;
                }
            }
        }
        return true;
    }
    // A stranger reads every partition from the beginning; the ledger compares.
    void read_back() {
        sim::Node& node = simulation_.add_node("auditor");
        client::Client client(node.world(), client_options(life_.address(), random_));
        for (const KnownTopic& topic : topics_) {
            for (int32_t i = 0; i < topic.partitions; ++i) {
                const replica::Partition* partition = partition_of(topic, i);
                const Offset end = partition->leader().high_watermark();
                Result<std::vector<SeenRecord>> records =
                    sim::wait(simulation_, audit(&client, {topic.name, PartitionIndex(i)}, end));
                if (!records.ok())
                    violate("6 recovery", "cannot read back: " + records.error().text());
                else
                    compare({topic.id, PartitionIndex(i)}, partition->leader().ends().start,
                            *records);
            }
        }
        sim::wait(simulation_, client.close());
    }
    // Retention may have gone on while the records were read: what is below `start` counts no more.
    void compare(const PartitionKey& key, Offset start, std::vector<SeenRecord> records) {
        if (!records_go_ && start > Offset(0)) violate("8 retention", "records went unasked");
        if (operator_ && start < operator_->start_of(key))
            violate("8 retention", "a start that was answered was taken back");
        std::erase_if(records, [&](const SeenRecord& record) { return record.offset < start; });
        ledger_.complete(key, start, records);
    }
    // Topics that were made are served, those removed are not there any more.
    void check_made() {
        if (!operator_) return;
        for (const std::string& name : operator_->made()) {
            const meta::TopicRef topic = life_.broker()->image()->topic(name);
            const replica::LocalTopic* local =
                topic ? life_.broker()->replicas().topic(topic->id) : nullptr;
            const replica::Partition* first = local ? local->partition(PartitionIndex(0)) : nullptr;
            if (first == nullptr || first->offline())
                violate("7 metadata", name + " was made and is not served");
        }
        for (const std::string& name : operator_->removed()) {
            if (life_.broker()->image()->topic(name)) violate("7 metadata", name + " came back");
        }
    }
    io::Task<Result<std::vector<SeenRecord>>> audit(client::Client* client,
                                                    TopicPartition partition, Offset end) {
        Result<std::vector<SeenRecord>> out = std::vector<SeenRecord>{};
        client::Consumer consumer(*client, {});
        consumer.assign(partition, client::Start::beginning());
        Offset position(0);
        while (out.ok() && position < end) {
            const Result<bool> some = co_await consumer.poll(seconds(1));
            if (!some.ok()) out = some.error();
            while (out.ok()) {
                const Result<std::optional<client::ConsumedRecord>> record = consumer.next();
                if (!record.ok()) out = record.error();
                if (!record.ok() || !record->has_value()) break;
                add(**record, *out);
            }
            position = consumer.position(partition).value_or(position);
        }
        co_await consumer.close();
        co_return std::move(out);
    }
    static void add(const client::ConsumedRecord& record, std::vector<SeenRecord>& out) {
        const ByteView value = record.value.value_or(ByteView{});
        out.push_back({record.offset, name_in(value).value_or(RecordName{}),
                       payload_hash(record.key.value_or(ByteView{}), value)});
    }

    // ---- topics and watermarks

    bool create_topics() {
        sim::Node& node = simulation_.add_node("operator");
        client::Client client(node.world(), client_options(life_.address(), random_));
        client::Admin admin(client);
        const int64_t count = random_.between(1, 2);
        for (int64_t i = 0; i < count; ++i) {
            client::NewTopic wanted;
            wanted.name = "topic" + std::to_string(i);
            wanted.partitions = static_cast<int32_t>(random_.between(1, 3));
            const bool append_time = draw_topic(wanted);
            Result<client::CreatedTopic> created =
                sim::wait(simulation_, admin.create_topic(wanted));
            if (!created.ok()) {
                violate("7 metadata", "a topic could not be created: " + created.error().text());
                break;
            }
            const meta::TopicRef topic = life_.broker()->image()->topic(wanted.name);
            topics_.push_back({wanted.name, topic->id, wanted.partitions, append_time});
        }
        sim::wait(simulation_, client.close());
        return outcome_.violations.empty();
    }
    // Which codec it stores, and whose clock; gives whether it is the server's.
    bool draw_topic(client::NewTopic& topic) {
        constexpr std::array<const char*, 6> types{"producer", "uncompressed", "gzip",
                                                   "snappy",   "lz4",          "zstd"};
        if (random_.chance(0.5)) topic.configs["compression.type"] = types[random_.below(6)];
        const bool append_time = random_.chance(0.2);
        if (append_time) topic.configs["message.timestamp.type"] = "LogAppendTime";
        if (records_go_ && random_.chance(0.7))
            topic.configs["retention.bytes"] = std::to_string(random_.between(0, 20'000));
        if (records_go_ && random_.chance(0.3))
            topic.configs["retention.ms"] = std::to_string(random_.between(1, 5'000));
        return append_time;
    }
    const replica::Partition* partition_of(const KnownTopic& topic, int32_t index) const {
        const replica::LocalTopic* local =
            life_.broker() ? life_.broker()->replicas().topic(topic.id) : nullptr;
        return local == nullptr ? nullptr : local->partition(PartitionIndex(index));
    }
    // An answer arrives after it was given, and the high watermark never goes back: what it does
    // not cover now, in this life or a later one, was acknowledged too early.
    void check_acked(const PartitionKey& key, Offset offset) {
        if (!server_.alive()) return;
        for (const KnownTopic& topic : topics_) {
            if (topic.id != key.topic) continue;
            const replica::Partition* partition = partition_of(topic, key.partition.value());
            if (partition == nullptr || partition->offline()) continue;
            if (partition->leader().high_watermark() <= offset)
                violate("2 nothing acked is lost", "an ack came before the high watermark");
        }
    }
    void check_watermarks() {
        constexpr uint64_t every = 8;  // looking is not free
        if (simulation_.events() % every != 0 || !server_.alive()) return;
        for (const KnownTopic& topic : topics_) {
            for (int32_t i = 0; i < topic.partitions; ++i) {
                const replica::Partition* partition = partition_of(topic, i);
                if (partition == nullptr || partition->offline()) continue;
                const replica::LeaderCore& core = partition->leader();
                Offset& last = watermarks_[partition->name()];
                if (core.high_watermark() < last) violate("5 ends", "a high watermark went back");
                last = core.high_watermark();
                const Offset limit =
                    acks_survive_power_cuts_ ? core.ends().durable : core.ends().written;
                if (last > limit) violate("5 ends", "a high watermark is above what is durable");
            }
        }
    }

    void close_all() {
        for (auto& client : clients_) sim::wait(simulation_, client->close());
        if (operator_) sim::wait(simulation_, operator_->close());
        life_.stop();
    }

    sim::Simulation simulation_;
    io::Random random_;
    Outcome outcome_;
    Ledger ledger_;
    ServerLife life_;
    sim::Node& server_;
    bool acks_survive_power_cuts_;
    bool records_go_;  // by retention, or because somebody asks for it
    std::vector<std::string> directories_;
    std::set<std::string> out_;  // of these, those that are not plugged in
    std::vector<std::unique_ptr<ServerClient>> clients_;
    std::unique_ptr<ServerOperator> operator_;
    std::vector<KnownTopic> topics_;
    std::map<TopicPartition, Offset> watermarks_;
};

}  // namespace

Outcome run_server(uint64_t seed) {
    ServerHistory history(seed, 1);
    return history.run();
}

Outcome run_disks(uint64_t seed) {
    ServerHistory history(seed, io::Random(seed).between(2, 3));
    return history.run();
}

}  // namespace cambium::history
