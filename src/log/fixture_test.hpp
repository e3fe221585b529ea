// What the tests of this room share: a simulated machine with a data directory, and batches.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "log/directory.hpp"
#include "log/read_cache.hpp"
#include "log/tail_cache.hpp"
#include "record/builder.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::log::test {

inline constexpr std::string_view directory_path = "/data";

inline Uuid topic_id(uint8_t number) {
    Uuid id;
    id.bytes[0] = 0x41;
    id.bytes[15] = number;
    return id;
}

inline LogIdentity identity(uint8_t number = 1) {
    return {{"topic" + std::to_string(number), PartitionIndex(0)}, topic_id(number)};
}

// Records "<first>", "<first + 1>", ... with the timestamps first, first + 1, ...
struct BatchPlan {
    int64_t first = 0;
    int32_t count = 1;
    size_t padding = 0;
    ProducerId producer{};
    ProducerEpoch epoch{};
    int32_t sequence = -1;
    Codec codec = Codec::none;
};

inline Buffer batch(const BatchPlan& plan) {
    record::BatchOptions options;
    options.codec = plan.codec;
    options.producer_id = plan.producer;
    options.producer_epoch = plan.epoch;
    options.base_sequence = plan.sequence;
    record::BatchBuilder builder(options);
    for (int64_t i = plan.first; i < plan.first + plan.count; ++i) {
        std::string value = std::to_string(i);
        value.resize(std::max(value.size(), plan.padding), '.');
        record::NewRecord entry;
        entry.timestamp = Timestamp(i);
        entry.value = as_bytes(value);
        check(builder.append(entry).ok());
    }
    return std::move(*builder.finish());
}

// One machine with one data directory, through any number of lives.
class Machine {
public:
    explicit Machine(uint64_t seed, sim::Config config = {})
        : simulation(seed, config), node(simulation.add_node("node1")) {}
    ~Machine() { (void)stop(); }

    DirectoryOptions options{std::string(directory_path)};

    Status try_open() {
        auto opened = sim::wait(simulation, Directory::open(node.world(), options));
        if (!opened) return opened.error();
        directory = std::move(*opened);
        return {};
    }
    void open() {
        const Status opened = try_open();
        if (!opened) simulation.give_up(opened.error().text());
    }
    Log* create(const LogIdentity& which = identity(), LogConfig config = {}) {
        auto log = sim::wait(simulation, directory->create(which, config));
        if (!log) simulation.give_up(log.error().text());
        return *log;
    }
    Log* load(const LogIdentity& which = identity(), LogConfig config = {}) {
        auto log = sim::wait(simulation, directory->load(which, config));
        if (!log) simulation.give_up(log.error().text());
        return *log;
    }
    // Closes the directory, cleanly if this life lasts.
    Status stop() {
        if (directory == nullptr) return {};
        Status closed = sim::wait(simulation, directory->close());
        directory.reset();
        return closed;
    }
    void crash() {
        node.crash();
        (void)stop();
        node.restart();
    }
    void kill() {
        node.kill();
        (void)stop();
        node.restart();
    }
    Status until_durable(Log* log, Offset end) {
        return sim::wait(simulation, log->until_durable(end));
    }

    sim::Simulation simulation;
    sim::Node& node;
    std::unique_ptr<Directory> directory;
};

// The bytes that a read gives, as a consumer gets them: from the caches or from the file.
inline std::vector<uint8_t> bytes_of(Machine& machine, const FileRange& range) {
    std::vector<uint8_t> out;
    const TailCache& tail = machine.directory->tail_cache();
    while (static_cast<int64_t>(out.size()) < range.length) {
        const auto at = range.position + static_cast<int64_t>(out.size());
        const auto left = range.length - static_cast<int64_t>(out.size());
        ByteView piece = tail.find(range.file_number, at, left);
        if (piece.empty())
            piece = machine.directory->read_cache().find(range.file_number, at, left);
        if (!piece.empty()) {
            out.insert(out.end(), piece.begin(), piece.end());
            continue;
        }
        std::vector<uint8_t> block(static_cast<size_t>(left));
        const auto got = sim::wait(machine.simulation, range.file->pread(at, block));
        if (got.code() == Errc::io_error) continue;  // a fault of the simulated disk: once more
        if (!got || *got != block.size())
            machine.simulation.give_up("a range that was read is not in its file");
        out.insert(out.end(), block.begin(), block.end());
    }
    return out;
}

// Every value in the log from `from` up to `up_to`, read in steps of `max_bytes`; stops at an
// error.
struct ReadBack {
    std::vector<std::string> values;
    std::vector<int64_t> offsets;
    Status status;
};
inline ReadBack read_all(Machine& machine, Log* log, Offset from, Offset up_to,
                         int64_t max_bytes = 1 << 20) {
    ReadBack out;
    while (from < up_to) {
        auto read = sim::wait(machine.simulation, log->read({from, up_to, max_bytes, true}));
        if (!read) {
            out.status = read.error();
            return out;
        }
        if (!read->range) return out;
        const std::vector<uint8_t> bytes = bytes_of(machine, *read->range);
        record::BatchIterator batches(bytes);
        while (const auto found = batches.next()) {
            if (!found->checksum_ok())
                machine.simulation.give_up("a batch that was read is damaged");
            Buffer storage;
            const auto plain = record::plain_records(*found, storage, 1 << 20);
            record::RecordIterator records(*plain, found->record_count());
            while (const auto each = records.next()) {
                if (each->offset(*found) < from) continue;
                std::string value(as_text(*each->value));
                while (!value.empty() && value.back() == '.') value.pop_back();
                out.values.push_back(value);
                out.offsets.push_back(each->offset(*found).value());
            }
        }
        if (!batches.status()) machine.simulation.give_up("a read did not give whole batches");
        from = read->end;
    }
    return out;
}

}  // namespace cambium::log::test
