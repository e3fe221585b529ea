// What decodes also encodes, and decodes to the same again: records of __consumer_offsets, and what
// clients say of their subscriptions and assignments, which travels in them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/check.hpp"
#include "coord/consumer_protocol.hpp"
#include "coord/records.hpp"

namespace {

using cambium::ByteView;
using cambium::check;

void records(ByteView key, std::optional<ByteView> value) {
    const auto first = cambium::coord::decode_record(key, value);
    if (!first.ok() || std::holds_alternative<cambium::coord::ForeignRecord>(*first)) return;
    const auto bytes = cambium::coord::encode_record(*first);
    if (!bytes.ok()) return;  // a text that only another version has room for
    std::optional<ByteView> again;
    if (bytes->value) again = bytes->value->view();
    const auto second = cambium::coord::decode_record(bytes->key.view(), again);
    check(second.ok() && *second == *first);
}

void consumer_protocol(ByteView bytes) {
    (void)cambium::coord::subscription_topics(bytes);
    (void)cambium::coord::read_subscription(bytes);
    const auto first = cambium::coord::read_assignment(bytes);
    if (!first.ok()) return;
    const auto again = cambium::coord::assignment_bytes(0, *first);
    const auto second = cambium::coord::read_assignment(ByteView(again));
    check(second.ok() && *second == *first);
}

}  // namespace

// One byte says how long the key is and, by its highest bit, that there is no value.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const ByteView all(data + 1, size - 1);
    const size_t length = std::min<size_t>(data[0] & 0x7FU, all.size());
    const ByteView rest = all.subspan(length);
    const bool gone = (data[0] & 0x80U) != 0;
    records(all.first(length), gone ? std::nullopt : std::optional<ByteView>(rest));
    consumer_protocol(rest);
    return 0;
}
