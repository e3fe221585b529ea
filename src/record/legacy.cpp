#include "record/legacy.hpp"

#include <string>
#include <utility>

#include "bytes/crc32.hpp"
#include "bytes/cursor.hpp"

namespace cambium::record {

namespace {

constexpr uint8_t legacy_codec_bits = 0x07;
constexpr uint8_t legacy_append_time_bit = 0x08;

std::optional<ByteView> sized(Reader& reader) {
    const auto length = reader.big<int32_t>();
    if (length < -1) reader.fail();
    if (length < 0 || !reader.ok()) return std::nullopt;
    return reader.bytes(static_cast<size_t>(length));
}

Error corrupt(const char* what) { return {Errc::corrupt_message, what}; }

}  // namespace

std::optional<Codec> MessageView::codec() const {
    const auto codec = codec_numbered(attributes & legacy_codec_bits);
    return codec == Codec::zstd ? std::nullopt : codec;
}

TimestampType MessageView::timestamp_type() const {
    return magic == 1 && (attributes & legacy_append_time_bit) != 0 ? TimestampType::log_append_time
                                                                    : TimestampType::create_time;
}

bool MessageView::checksum_ok() const { return crc32(checked) == crc; }

Result<MessageView> parse_message(ByteView front, size_t limit) {
    const Result<Peek> next = peek(front, limit);
    if (!next) return next.error();
    if (next->magic >= magic_v2) return Errc::unsupported_for_message_format;
    if (front.size() < next->size) return Errc::end_of_stream;
    MessageView message;
    message.offset = next->base_offset;
    message.size = next->size;
    Reader reader(front.first(next->size));
    reader.bytes(length_overhead);
    message.crc = reader.big<uint32_t>();
    message.checked = front.subspan(reader.position(), reader.left());
    message.magic = reader.big<int8_t>();
    message.attributes = reader.big<uint8_t>();
    if (message.magic == 1) message.timestamp = Timestamp(reader.big<int64_t>());
    message.key = sized(reader);
    message.value = sized(reader);
    if (!reader.done()) return corrupt("the lengths of a message");
    return message;
}

Result<std::vector<MessageView>> inner_messages(const MessageView& outer, Buffer& storage,
                                                size_t cap) {
    const auto codec = outer.codec();
    if (!codec || *codec == Codec::none || !outer.value) return corrupt("no compressed message");
    Result<Buffer> plain = decompress(*codec, *outer.value, cap);
    if (!plain) return plain.error();
    storage = std::move(*plain);
    std::vector<MessageView> inner;
    for (ByteView rest = storage.view(); !rest.empty(); rest = rest.subspan(inner.back().size)) {
        const Result<MessageView> message = parse_message(rest);
        if (!message) return corrupt("a message inside a compressed one");
        inner.push_back(*message);
    }
    if (inner.empty()) return corrupt("a compressed message without messages");
    if (outer.magic == 0) return inner;
    // Format 1 counts inside from 0 and says outside where the last one is.
    int64_t first = 0;
    if (__builtin_sub_overflow(outer.offset.value(), inner.back().offset.value(), &first))
        return corrupt("the offsets of a compressed message");
    for (MessageView& message : inner) {
        int64_t offset = 0;
        if (__builtin_add_overflow(message.offset.value(), first, &offset))
            return corrupt("the offsets of a compressed message");
        message.offset = Offset(offset);
    }
    return inner;
}

}  // namespace cambium::record
