#include "coord/records.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "bytes/cursor.hpp"
#include "wire/decoder.hpp"
#include "wire/encoder.hpp"

namespace cambium::coord {

namespace {

constexpr size_t decode_memory = size_t{256} << 20;

template <class V> wire::Form form(int version) {
    return {.version = version, .flexible = version >= V::flexible_from};
}
constexpr wire::Form key_form{};

template <class M>
Status put(const M& message, int16_t number, wire::Form form, Buffer& out) {
    Writer(out).big(number);
    wire::Encoder encoder(form, out, nullptr);
    encoder.message(message);
    return encoder.ok() ? Status() : Status(encoder.error(M::name));
}

template <class M> Result<M> get(ByteView bytes, wire::Form form) {
    M message;
    wire::Decoder decoder(form, bytes, decode_memory);
    decoder.message(message);
    if (!decoder.ok()) return decoder.error(M::name);
    if (decoder.left() > 0) return Error{Errc::malformed, std::string(M::name) + " is too long"};
    return message;
}

// ---- values that can be read and make no sense

// Epochs and generations are counted up, and times are added to: what no history reaches is not
// taken from a log either, so that this has room.
constexpr int32_t epoch_max = std::numeric_limits<int32_t>::max() / 2;
constexpr int64_t time_max = std::numeric_limits<int64_t>::max() / 2;
constexpr int32_t epoch_of_a_static_member_that_left = -2;  // the lowest there is

Status within(int64_t value, int64_t least, int64_t most, std::string_view what) {
    if (value >= least && value <= most) return {};
    return Error{Errc::malformed, std::string(what) + " is " + std::to_string(value)};
}

template <class V> Status sensible(const V&) { return {}; }

Status sensible(const GroupMetadataValue& value) {
    std::set<std::string_view> ids;
    std::set<std::string_view> instances;
    for (const GroupMetadataValue::Member& member : value.members) {
        if (!ids.insert(member.member_id).second)
            return Error{Errc::malformed, "a group has a member twice"};
        if (member.group_instance_id && !instances.insert(*member.group_instance_id).second)
            return Error{Errc::malformed, "a group has two members of one instance"};
    }
    if (!value.members.empty() && !value.protocol)
        return Error{Errc::malformed, "a group has members and no protocol"};
    return within(value.generation, 0, epoch_max, "the generation of a group");
}

Status sensible(const ConsumerGroupValue& value) {
    return within(value.epoch, 0, epoch_max, "the epoch of a group");
}

Status sensible(const ConsumerMemberValue& value) {
    if (!value.classic || !value.classic->protocols.empty()) return {};
    return Error{Errc::malformed, "a classic member has no protocol"};
}

Status sensible(const ConsumerTargetEpochValue& value) {
    Status epoch = within(value.epoch, 0, epoch_max, "the epoch of a target");
    if (!epoch.ok()) return epoch;
    return within(value.timestamp, -1, time_max, "the time of a target");
}

Status sensible(const ConsumerCurrentValue& value) {
    for (const int32_t epoch : {value.epoch, value.previous_epoch}) {
        Status one =
            within(epoch, epoch_of_a_static_member_that_left, epoch_max, "the epoch of a member");
        if (!one.ok()) return one;
    }
    return {};
}

template <class V> Result<std::optional<V>> get_value(const std::optional<ByteView>& bytes) {
    if (!bytes) return std::optional<V>{};
    Reader reader(*bytes);
    const auto version = reader.big<int16_t>();
    if (!reader.ok() || version < 0)
        return Error{Errc::malformed, std::string(V::name) + " has no version"};
    if (version > V::last_version)
        return Error{Errc::unsupported_format,
                     std::string(V::name) + " v" + std::to_string(version)};
    Result<V> value = get<V>(reader.bytes(reader.left()), form<V>(version));
    if (!value.ok()) return value.error();
    const Status makes_sense = sensible(*value);
    if (!makes_sense.ok()) return makes_sense.error();
    return std::optional<V>(std::move(*value));
}

Status put(const OffsetRecord& record, EncodedRecord& out) {
    Status key = put(record.key, OffsetCommitKey::type, key_form, out.key);
    if (!key.ok() || !record.value) return key;
    const int version = record.value->expire_timestamp != -1 ? OffsetCommitValue::with_expiry
                                                             : OffsetCommitValue::last_version;
    return put(*record.value, static_cast<int16_t>(version), form<OffsetCommitValue>(version),
               out.value.emplace());
}

// The others have one version in which they are written.
template <class R> Status put(const R& record, EncodedRecord& out) {
    using Value = typename decltype(R::value)::value_type;
    Status key = put(record.key, decltype(R::key)::type, key_form, out.key);
    if (!key.ok() || !record.value) return key;
    constexpr int version = Value::written_version;
    return put(*record.value, int16_t{version}, form<Value>(version), out.value.emplace());
}

Status put(const ForeignRecord&, EncodedRecord&) {
    return Error{Errc::invalid_argument, "a record of another protocol"};
}

template <class R> Result<Record> get_record(ByteView key, const std::optional<ByteView>& value) {
    auto read_key = get<decltype(R::key)>(key, key_form);
    if (!read_key.ok()) return read_key.error();
    auto read_value = get_value<typename decltype(R::value)::value_type>(value);
    if (!read_value.ok()) return read_value.error();
    return Record(R{std::move(*read_key), std::move(*read_value)});
}

}  // namespace

Result<EncodedRecord> encode_record(const Record& record) {
    EncodedRecord out;
    const Status status = std::visit([&out](const auto& one) { return put(one, out); }, record);
    if (!status.ok()) return status.error();
    return out;
}

Result<Record> decode_record(ByteView key, std::optional<ByteView> value) {
    Reader reader(key);
    const auto type = reader.big<int16_t>();
    if (!reader.ok()) return Error{Errc::malformed, "a key without a type"};
    const ByteView rest = reader.bytes(reader.left());
    switch (type) {
        case OffsetCommitKey::legacy_type:
        case OffsetCommitKey::type: return get_record<OffsetRecord>(rest, value);
        case GroupMetadataKey::type: return get_record<GroupRecord>(rest, value);
        case 3: return get_record<ConsumerGroupRecord>(rest, value);
        case 4: return get_record<ConsumerTopicsRecord>(rest, value);
        case 5: return get_record<ConsumerMemberRecord>(rest, value);
        case 6: return get_record<ConsumerTargetEpochRecord>(rest, value);
        case 7: return get_record<ConsumerTargetRecord>(rest, value);
        case 8: return get_record<ConsumerCurrentRecord>(rest, value);
        case 16: return get_record<ConsumerRegexRecord>(rest, value);
        default: return Record(ForeignRecord{type});
    }
}

}  // namespace cambium::coord
