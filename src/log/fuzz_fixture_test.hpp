// A small log, as bytes of files, for fuzzers that damage it: 18 records of 88 bytes in four
// segments with indexes, snapshots and an epoch checkpoint, the first 14 of them durable by the
// record.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "log/fixture_test.hpp"
#include "log/names.hpp"

namespace cambium::log::test {

using DiskContents = std::map<std::string, std::vector<uint8_t>>;

struct SmallLog {
    static constexpr int64_t batch_bytes = 61 + 27;
    static constexpr int64_t durable = 14;
    static constexpr int64_t records = 18;

    static LogConfig config() {
        LogConfig config;
        config.segment_bytes = 5 * batch_bytes;
        config.index_interval_bytes = batch_bytes;
        return config;
    }
    static std::string file(int64_t base, FileKind kind = FileKind::log) {
        return join("/data/topic1-0", segment_file(Offset(base), kind));
    }
    static void append(Machine& machine, Log* log, int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i) {
            const BatchPlan plan{
                i, 1, 20, ProducerId(5), ProducerEpoch(0), static_cast<int32_t>(i)};
            check(log->append(batch(plan).view(), LeaderEpoch(i < 7 ? 0 : 1)).ok());
        }
        check(machine.until_durable(log, Offset(to)).ok());
    }

    // As a clean stop or a kill leaves it.
    static DiskContents contents(bool clean) {
        Machine machine(1);
        machine.open();
        Log* log = machine.create(identity(), config());
        append(machine, log, 0, durable);
        machine.simulation.run_for(sim::milliseconds(200));
        append(machine, log, durable, records);
        if (clean) check(machine.stop().ok());
        else machine.kill();
        DiskContents out;
        for (const std::string& path : machine.node.disk().files())
            out["/" + path] = *machine.node.disk().read_file(path);
        return out;
    }
};

}  // namespace cambium::log::test
