// Histories: idempotent and plain producers append to a few logs while the machine crashes, is
// killed, fills up or fails; after every start the logs must hold what was acknowledged, nothing
// that was not sent, and each idempotent batch once.
#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"

namespace cambium::log::test {
namespace {

struct Sent {
    int64_t value = 0;  // of its first record
    int32_t count = 1;
    int32_t sequence = -1;
    bool acked = false;
    bool in_flight = false;
    std::optional<Offset> first;  // of the last append that was accepted
};

struct TestProducer {
    ProducerId id{};
    ProducerEpoch epoch{};
    int32_t next_sequence = -1;
    std::deque<Sent> waiting;  // sent or to be sent again, oldest first

    [[nodiscard]] bool idempotent() const { return id.value() >= 0; }
};

struct Partition {
    LogIdentity identity;
    LogConfig config;
    Log* log = nullptr;
    std::vector<TestProducer> producers;
    std::map<int64_t, int64_t> acked;  // offset -> value
    std::set<int64_t> sent;            // values
    std::set<int64_t> once;            // values that must be there once
    Offset seen_durable{0};
    LeaderEpoch epoch{0};
};

class History {
public:
    explicit History(uint64_t seed)
        : random_(io::Random(seed).split()),
          machine(seed, drawn(seed)),
          crashes_(static_cast<int>(random_.between(1, 6))) {
        os_ = random_.chance(0.2);
        machine.options.flush_interval = std::chrono::milliseconds(random_.between(1, 300));
        machine.options.tail_cache_bytes = random_.chance(0.5) ? 8 << 10 : 1 << 20;
        machine.options.checkpoint_interval_bytes = random_.between(100, 2000);
        machine.options.staged_bytes_max = random_.chance(0.3) ? 2 << 10 : 1 << 20;
        // Logs of a history are small, and their writes as large as they.
        if (random_.chance(0.5)) machine.options.zeros_ahead = {1000, 2, 16, 1};
        const auto count = static_cast<size_t>(random_.between(1, 3));
        for (size_t i = 0; i < count; ++i) partitions_.push_back(draw_partition(i + 1));
    }

    void run() {
        faults_ = machine.node.disk().faults;
        for (int life = 0; life <= crashes_; ++life) {
            live();
            die();
        }
        // Quiet: everything that was sent arrives.
        machine.node.disk().faults = sim::DiskFaults{};
        machine.simulation.config().fault_point_enabled = 0;
        start();
        for (int round = 0; round < 200 && !all_acked(); ++round) {
            for (Partition& partition : partitions_) send_all(partition);
            machine.simulation.run_for(sim::milliseconds(400));
        }
        REQUIRE(all_acked());
        for (Partition& partition : partitions_) check_content(partition);
        CHECK(machine.stop().ok());
        machine.node.restart();
        machine.open();
        CHECK(machine.directory->stopped_cleanly());
        for (Partition& partition : partitions_) {
            partition.log = machine.load(partition.identity, partition.config);
            check_content(partition);
        }
    }

    io::Random random_;
    Machine machine;

private:
    static sim::Config drawn(uint64_t seed) {
        sim::Config config = sim::Config::draw(io::Random(seed));
        config.disk.stall_max = std::min<io::Duration>(config.disk.stall_max, sim::seconds(1));
        return config;
    }

    Partition draw_partition(size_t number) {
        Partition partition;
        partition.identity = identity(static_cast<uint8_t>(number));
        partition.config.flush_policy = os_ ? FlushPolicy::os : FlushPolicy::ack;
        partition.config.segment_bytes = random_.between(256, 3000);
        partition.config.index_interval_bytes = static_cast<int32_t>(random_.between(0, 500));
        if (random_.chance(0.2)) partition.config.segment_index_bytes = 100;
        const int64_t producers = random_.between(1, 3);
        for (int64_t i = 0; i < producers; ++i) {
            TestProducer producer;
            if (random_.chance(0.7)) {
                producer.id = ProducerId(100 + i);
                producer.epoch = ProducerEpoch(static_cast<int16_t>(random_.between(0, 3)));
                producer.next_sequence = random_.chance(0.3) ? INT32_MAX - 5 : 0;
            }
            partition.producers.push_back(std::move(producer));
        }
        return partition;
    }

    // Opens everything, without faults if it does not work with them.
    void start() {
        for (int attempt = 0;; ++attempt) {
            if (attempt > 3) {
                machine.node.disk().faults = sim::DiskFaults{};
                machine.simulation.config().fault_point_enabled = 0;
            }
            const Status opened = machine.try_open();
            bool all = opened.ok();
            if (attempt > 4 && !all) machine.simulation.give_up(opened.error().text());
            for (Partition& partition : partitions_)
                if (all) all = open_log(partition, attempt > 4);
            if (all) break;
            die();
        }
        for (Partition& partition : partitions_) {
            partition.epoch = LeaderEpoch(partition.epoch.value() + 1);
            check_content(partition);
        }
    }

    bool open_log(Partition& partition, bool must) {
        auto loaded = sim::wait(machine.simulation,
                                machine.directory->load(partition.identity, partition.config));
        if (loaded.code() == Errc::not_found)
            loaded = sim::wait(machine.simulation,
                               machine.directory->create(partition.identity, partition.config));
        if (!loaded && must) machine.simulation.give_up(loaded.error().text());
        if (!loaded) return false;
        partition.log = *loaded;
        // What a start knows to be durable of such a log is what the record says, which is late.
        if (os_)
            partition.seen_durable = std::min(partition.seen_durable, (*loaded)->ends().durable);
        return true;
    }

    void live() {
        machine.node.disk().faults = faults_;
        machine.simulation.config().fault_point_enabled = 0.25;
        start();
        const int64_t steps = random_.between(1, 60);
        for (int64_t step = 0; step < steps; ++step) {
            for (Partition& partition : partitions_)
                if (random_.chance(0.7)) send_some(partition);
            if (random_.chance(0.05)) toggle_space();
            if (random_.chance(0.7))
                machine.simulation.run_for(sim::microseconds(random_.between(0, 4000)));
            else if (random_.chance(0.1))
                machine.simulation.run_for(sim::milliseconds(random_.between(50, 300)));
            for (Partition& partition : partitions_) check_ends(partition);
        }
        machine.node.disk().faults.quota_bytes = INT64_MAX;
    }

    void toggle_space() {
        auto& quota = machine.node.disk().faults.quota_bytes;
        quota = quota == INT64_MAX ? machine.node.disk().used_bytes() + random_.between(0, 500)
                                   : INT64_MAX;
    }

    void die() {
        if (machine.directory == nullptr) return;
        const uint64_t how = random_.below(3);
        if (how == 0) machine.node.crash();
        if (how == 1) machine.node.kill();
        (void)machine.stop();
        while (gate_.held() > 0 && machine.simulation.step()) {}
        REQUIRE(gate_.held() == 0);
        for (Partition& partition : partitions_) {
            partition.log = nullptr;
            for (TestProducer& producer : partition.producers)
                for (Sent& sent : producer.waiting) sent.in_flight = false;
        }
        machine.node.restart();
    }

    void send_some(Partition& partition) {
        TestProducer& producer = partition.producers[random_.below(partition.producers.size())];
        drop_acked(producer);
        if (producer.waiting.size() < producer_batches_in_flight && random_.chance(0.8)) {
            Sent sent;
            sent.value = next_value_;
            sent.count = static_cast<int32_t>(random_.between(1, 4));
            next_value_ += sent.count;
            if (producer.idempotent()) {
                sent.sequence = producer.next_sequence;
                producer.next_sequence = static_cast<int32_t>(
                    (int64_t{producer.next_sequence} + sent.count) & 0x7fffffff);
            }
            for (int32_t i = 0; i < sent.count; ++i) {
                partition.sent.insert(sent.value + i);
                if (producer.idempotent()) partition.once.insert(sent.value + i);
            }
            producer.waiting.push_back(sent);
        }
        send(partition, producer);
    }

    void send_all(Partition& partition) {
        for (TestProducer& producer : partition.producers) {
            drop_acked(producer);
            send(partition, producer);
        }
    }

    // Everything that is not in flight, from the oldest on, as a client sends it again.
    void send(Partition& partition, TestProducer& producer) {
        for (Sent& sent : producer.waiting) {
            if (sent.acked || sent.in_flight) continue;
            const Buffer bytes =
                batch({sent.value, sent.count, 0, producer.id, producer.epoch, sent.sequence});
            const Result<Appended> appended = partition.log->append(bytes.view(), partition.epoch);
            if (!appended) {
                CHECK(appended.code() != Errc::out_of_order_sequence_number);
                CHECK(appended.code() != Errc::invalid_producer_epoch);
                return;
            }
            sent.in_flight = true;
            sent.first = appended->first;
            CHECK(appended->last - appended->first + 1 == sent.count);
            io::spawn(gate_, await_ack(&partition, &sent, partition.log, appended->last + 1));
        }
    }

    // `sent` stays where it is: a deque only loses acknowledged ones at its front.
    static io::Task<void> await_ack(Partition* partition, Sent* sent, Log* log, Offset end) {
        const Status durable = co_await log->until_durable(end);
        sent->in_flight = false;
        if (!durable) co_return;
        sent->acked = true;
        for (int32_t i = 0; i < sent->count; ++i)
            partition->acked[sent->first->value() + i] = sent->value + i;
    }

    static void drop_acked(TestProducer& producer) {
        while (!producer.waiting.empty() && producer.waiting.front().acked)
            producer.waiting.pop_front();
    }

    bool all_acked() {
        for (Partition& partition : partitions_)
            for (TestProducer& producer : partition.producers)
                for (const Sent& sent : producer.waiting)
                    if (!sent.acked) return false;
        return true;
    }

    void check_ends(Partition& partition) {
        const Ends ends = partition.log->ends();
        CHECK(ends.start <= ends.durable);
        CHECK(ends.durable <= ends.written);
        CHECK(ends.written <= ends.appended);
        CHECK(ends.durable >= partition.seen_durable);
        partition.seen_durable = ends.durable;
    }

    void check_content(Partition& partition) {
        const Ends ends = partition.log->ends();
        const sim::DiskFaults& faults = machine.node.disk().faults;
        const bool faulty = faults.read_error > 0 || faults.other_error > 0;
        const ReadBack read =
            read_all(machine, partition.log, ends.start, ends.written, random_.between(1, 2000));
        if (faulty && !read.status.ok()) return;
        // The sync that a start leaves to later may fail meanwhile.
        if (os_ && !read.status.ok() && machine.directory->fenced()) return;
        REQUIRE(read.status.ok());
        REQUIRE(read.values.size() == static_cast<size_t>(ends.written.value()));
        std::map<int64_t, int64_t> by_offset;
        std::set<int64_t> seen;
        for (size_t i = 0; i < read.values.size(); ++i) {
            const int64_t value = std::stoll(read.values[i]);
            CHECK(read.offsets[i] == static_cast<int64_t>(i));
            CHECK(partition.sent.contains(value));
            if (partition.once.contains(value)) CHECK(seen.insert(value).second);
            by_offset[read.offsets[i]] = value;
        }
        for (const auto& [offset, value] : partition.acked) {
            CAPTURE(offset);
            REQUIRE(by_offset.contains(offset));
            CHECK(by_offset[offset] == value);
        }
        if (!faulty && !read.values.empty()) check_timestamps(partition, by_offset);
    }

    void check_timestamps(Partition& partition, const std::map<int64_t, int64_t>& by_offset) {
        const Offset end = partition.log->ends().written;
        int64_t largest = -1;
        int64_t largest_at = -1;
        for (const auto& [offset, value] : by_offset)
            if (value > largest) largest = value, largest_at = offset;
        auto found = sim::wait(machine.simulation, partition.log->find_max_timestamp(end));
        if (!found) machine.simulation.give_up(found.error().text());
        REQUIRE(found->has_value());
        CHECK((*found)->offset == Offset(largest_at));
        const int64_t wanted = random_.between(0, largest);
        found =
            sim::wait(machine.simulation, partition.log->find_timestamp(Timestamp(wanted), end));
        if (!found) machine.simulation.give_up(found.error().text());
        REQUIRE(found->has_value());
        int64_t first = 0;
        while (by_offset.at(first) < wanted) ++first;
        CHECK((*found)->offset == Offset(first));
    }

    static constexpr size_t producer_batches_in_flight = 5;
    bool os_ = false;
    int crashes_;
    sim::DiskFaults faults_;
    std::vector<Partition> partitions_;
    int64_t next_value_ = 1;
    io::Gate gate_;
};

// CAMBIUM_SEED=n runs one history.
uint64_t test_seed() {
    const char* seed = std::getenv("CAMBIUM_SEED");
    return seed == nullptr ? 0 : std::strtoull(seed, nullptr, 10);
}

}  // namespace

TEST_CASE("acknowledged records survive, sent once, whatever the machine does") {
    const uint64_t only = test_seed();
    std::set<std::string> reached;
    for (uint64_t seed = only ? only : 1; seed <= (only ? only : 300); ++seed) {
        CAPTURE(seed);
        History history(seed);
        history.run();
        for (const auto& [what, times] : history.machine.simulation.sometimes())
            reached.insert(what);
    }
    if (only != 0) return;
    // What the histories are worth: each of these happened in some of them.
    for (const char* what : {"log.rolled",
                             "log.torn_tail_cut",
                             "log.hole_above_durable_end",
                             "log.zeros_cut",
                             "log.zeros_written_ahead",
                             "log.index_rebuilt",
                             "log.enospc",
                             "log.fenced",
                             "log.duplicate_answered",
                             "log.sequence_wrapped",
                             "log.group_commit",
                             "log.proven_by_sync",
                             "log.snapshot_superseded",
                             "fault:log.written",
                             "fault:log.roll.left",
                             "fault:log.roll.created",
                             "fault:log.roll.snapshot",
                             "fault:log.sync.begins",
                             "fault:log.sync.ends",
                             "fault:log.create.made",
                             "fault:log.recovery.cut",
                             "fault:log.recovery.synced",
                             "fault:log.format.before_version"}) {
        CAPTURE(std::string(what));
        CHECK(reached.contains(what));
    }
}

}  // namespace cambium::log::test
