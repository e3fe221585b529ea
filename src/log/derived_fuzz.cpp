// Any bytes as an index, a time index, a producer snapshot or an epoch checkpoint beside a sound
// log, after a clean stop and after a kill: a start succeeds, and every answer is as without them.
#include <cstddef>
#include <cstdint>

#include "log/fuzz_fixture_test.hpp"
#include "log/inspect.hpp"

using namespace cambium;
using namespace cambium::log;
using namespace cambium::log::test;

namespace {

const DiskContents& stopped(bool clean) {
    static const DiskContents contents[] = {SmallLog::contents(false), SmallLog::contents(true)};
    return contents[clean ? 1 : 0];
}

std::string chosen_file(uint8_t choice) {
    const int64_t base = choice / 4 % 4 * 5;
    switch (choice % 4) {
        case 0: return SmallLog::file(base, FileKind::index);
        case 1: return SmallLog::file(base, FileKind::time_index);
        case 2: return SmallLog::file(base, FileKind::snapshot);
        default: return join("/data/topic1-0", epoch_checkpoint_file);
    }
}

void answers_are_right(Machine& machine, Log* log) {
    check(log->ends().appended == Offset(SmallLog::records));
    const ReadBack read = read_all(machine, log, Offset(0), Offset(SmallLog::records), 200);
    check(read.status.ok() && read.values.size() == static_cast<size_t>(SmallLog::records));
    for (int64_t i = 0; i < SmallLog::records; ++i) {
        const auto at = static_cast<size_t>(i);
        check(read.offsets[at] == i && read.values[at] == std::to_string(i), i);
        const auto found = sim::wait(machine.simulation,
                                     log->find_timestamp(Timestamp(i), Offset(SmallLog::records)));
        check(found.ok() && *found && (*found)->offset == Offset(i), i);
        check(log->epoch_at(Offset(i)) == LeaderEpoch(i < 7 ? 0 : 1), i);
    }
    // A snapshot with a right checksum says what it says: nothing in the log contradicts it.
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 1) return 0;
    const bool clean = (data[0] & 0x80U) != 0;
    const std::string file = chosen_file(data[0] & 0x7fU);
    const DiskContents& disk = stopped(clean);  // made first: there is one simulation at a time
    Machine machine(1);
    for (const auto& [path, bytes] : disk) machine.node.disk().write_file(path, bytes);
    machine.node.disk().write_file(file, ByteView(data + 1, size - 1));
    const auto verified =
        sim::wait(machine.simulation, verify_logs(&machine.node.world().disk, "/data"));
    check(verified.ok() && !verified->corrupt());
    machine.open();
    Log* log = machine.load(identity(), SmallLog::config());
    answers_are_right(machine, log);
    SmallLog::append(machine, log, SmallLog::records, SmallLog::records + 1);
    check(machine.stop().ok());
    return 0;
}
