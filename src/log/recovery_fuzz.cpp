// Any damage to the segments and the record of durable ends of a log that was killed: a start never
// crashes, refuses the log or opens it with everything below the recorded end, gives nothing but
// valid batches in order, does what its rehearsal said, and the tools say something about it too.
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "log/durable_ends.hpp"
#include "log/fuzz_fixture_test.hpp"
#include "log/inspect.hpp"
#include "log/start_rehearsal.hpp"

using namespace cambium;
using namespace cambium::log;
using namespace cambium::log::test;

namespace {

const DiskContents& killed() {
    static const DiskContents contents = SmallLog::contents(false);
    return contents;
}

class Input {
public:
    Input(const uint8_t* data, size_t size) : left_(data, size) {}
    [[nodiscard]] bool empty() const { return left_.empty(); }
    uint8_t byte() {
        if (left_.empty()) return 0;
        const uint8_t out = left_[0];
        left_ = left_.subspan(1);
        return out;
    }
    size_t number() { return static_cast<size_t>(byte()) << 8U | byte(); }
    ByteView bytes(size_t count) {
        count = std::min(count, left_.size());
        const ByteView out = left_.first(count);
        left_ = left_.subspan(count);
        return out;
    }

private:
    ByteView left_;
};

// One step of damage, as the input says.
void damage(Input& input, std::vector<std::string>& segments, DiskContents& disk) {
    if (segments.empty()) return;
    const uint8_t what = input.byte();
    const size_t which = input.byte() % segments.size();
    std::vector<uint8_t>& file = disk[segments[which]];
    const size_t at = file.empty() ? 0 : input.number() % file.size();
    switch (what % 7) {
        case 0:
            if (!file.empty()) file[at] ^= input.byte();
            break;
        case 1: file.resize(at); break;
        case 2: file.resize(file.size() + input.number() % 2000); break;
        case 3: {
            const ByteView bytes = input.bytes(input.byte());
            for (size_t i = 0; i < bytes.size() && at + i < file.size(); ++i)
                file[at + i] = bytes[i];
            break;
        }
        case 4: {
            const ByteView bytes = input.bytes(input.byte());
            file.insert(file.end(), bytes.begin(), bytes.end());
            break;
        }
        case 5:
            disk.erase(segments[which]);
            segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(which));
            break;
        case 6: {
            const std::string name = SmallLog::file(static_cast<int64_t>(input.number() % 40));
            if (!disk.contains(name)) segments.push_back(name);
            disk[name] = file;
            break;
        }
    }
}

// Where the record says the log was durable, or an arbitrary record that decodes.
int64_t recorded_end(Input& input, DiskContents& disk) {
    const uint8_t choice = input.byte();
    Result<DurableEnds> ends = Error{};
    std::string newest;
    for (const std::string_view slot : durable_ends_files) {
        const auto found = disk.find(join("/data", slot));
        if (found == disk.end()) continue;
        Result<DurableEnds> read = decode_durable_ends(found->second);
        if (read && (!ends || read->generation > ends->generation)) {
            ends = std::move(read);
            newest = found->first;
        }
    }
    check(ends.ok());
    const int64_t kept = ends->logs.begin()->second.end.value();
    if (choice % 4 != 0) return kept;
    DurableEnd& end = ends->logs.begin()->second;
    end.end = Offset(static_cast<int64_t>(input.number() % 30));
    end.segment_base = Offset(static_cast<int64_t>(input.byte() % 4) * 5);
    end.position = static_cast<int64_t>(input.number() % 600);
    end.start = std::min(end.end, Offset(input.byte() % 8));
    end.checkpoint = {end.segment_base, 0, {}};
    const Buffer bytes = encode(*ends);
    // Numbers that cannot be are refused with their slot, and the older one would count.
    if (!decode_durable_ends(bytes.view())) return kept;
    disk[newest].assign(bytes.view().begin(), bytes.view().end());
    return end.end.value();
}

void hold_to_its_word(Machine& machine, int64_t durable) {
    StartRehearsal rehearsal(machine.node.world(), "/data");
    const Status begun = sim::wait(machine.simulation, rehearsal.begin());
    Result<LogStart> told = Error{};
    if (begun) told = sim::wait(machine.simulation, rehearsal.load(identity(), SmallLog::config()));
    check(sim::wait(machine.simulation, rehearsal.end()).ok());
    const Status opened = machine.try_open();
    check(opened.code() == begun.code(), name(opened.code()), name(begun.code()));
    if (!opened) return;
    check(told.ok());
    const auto log =
        sim::wait(machine.simulation, machine.directory->load(identity(), SmallLog::config()));
    check(log.ok() == told->loaded.ok());
    if (!log) {
        check(log.code() == Errc::corrupt_data, log.error().text());
        return;
    }
    const Ends ends = (*log)->ends();
    check(ends.appended == told->recovered.end, ends.appended.value());
    check(ends.appended.value() >= durable, ends.appended.value(), durable);
    const ReadBack read = read_all(machine, *log, ends.start, ends.appended);
    if (!read.status) {
        const Errc code = read.status.code();
        check(code == Errc::corrupt_message || code == Errc::kafka_storage_error,
              read.status.error().text());
        return;
    }
    int64_t expected = ends.start.value();
    for (const int64_t offset : read.offsets) check(offset >= expected++, offset);
    check(read.offsets.empty() == (ends.start == ends.appended));
    check(machine.stop().ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    DiskContents disk = killed();
    Input input(data, size);
    const int64_t durable = recorded_end(input, disk);
    std::vector<std::string> segments;
    for (const int64_t base : {0, 5, 10, 15}) segments.push_back(SmallLog::file(base));
    for (int step = 0; step < 20 && !input.empty(); ++step) damage(input, segments, disk);
    Machine machine(1);
    for (const auto& [path, bytes] : disk) machine.node.disk().write_file(path, bytes);
    const auto verified =
        sim::wait(machine.simulation, verify_logs(&machine.node.world().disk, "/data"));
    check(verified.ok() || verified.code() == Errc::invalid_argument);
    hold_to_its_word(machine, durable);
    return 0;
}
