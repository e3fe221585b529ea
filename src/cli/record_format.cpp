// How consumed records are written out.
#include <utility>

#include "cli/consume.hpp"
#include "cli/json.hpp"
#include "record/record.hpp"

namespace cambium::cli {
namespace {

void append_optional_json(std::string& out, const std::optional<ByteView>& bytes) {
    if (bytes.has_value()) append_json_string(out, as_text(*bytes));
    else out += "null";
}

void append_headers(std::string& out, const client::ConsumedRecord& record) {
    record::HeaderIterator headers(record.raw);
    for (bool first = true; const auto header = headers.next(); first = false) {
        if (!first) out += ',';
        out.append(header->key).append("=");
        if (header->value.has_value()) out.append(as_text(*header->value));
    }
}

constexpr std::string_view field_letters = "tpoTkvh";

}  // namespace

Result<RecordFormat> RecordFormat::parse(std::string_view text) {
    RecordFormat format;
    std::string plain;
    const auto flush = [&] {
        if (!plain.empty()) format.parts_.push_back({0, std::exchange(plain, "")});
    };
    for (size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c != '%' && c != '\\') {
            plain += c;
            continue;
        }
        const char kind = at + 1 < text.size() ? text[++at] : ' ';
        constexpr std::string_view escapes = "nt0\\";
        constexpr std::string_view meanings("\n\t\0\\", 4);
        if (c == '%' && field_letters.find(kind) != std::string_view::npos) {
            flush();
            format.parts_.push_back({kind, ""});
        } else if (c == '%' && kind == '%') {
            plain += '%';
        } else if (const size_t i = escapes.find(kind); c == '\\' && i != std::string_view::npos) {
            plain += meanings[i];
        } else {
            return Error{Errc::invalid_argument, "'" + std::string{c, kind} +
                                                     "' in the format; there are %t %p %o %T %k %v "
                                                     "%h %% \\n \\t \\0 \\\\"};
        }
    }
    flush();
    return format;
}

void RecordFormat::write(const client::ConsumedRecord& record, std::string& out) const {
    for (const Part& part : parts_) {
        switch (part.kind) {
            case 't': out += record.partition->topic; break;
            case 'p': out += std::to_string(record.partition->partition.value()); break;
            case 'o': out += std::to_string(record.offset.value()); break;
            case 'T': out += std::to_string(record.timestamp.value()); break;
            case 'k': out += as_text(record.key.value_or(ByteView{})); break;
            case 'v': out += as_text(record.value.value_or(ByteView{})); break;
            case 'h': append_headers(out, record); break;
            default: out += part.text; break;
        }
    }
}

void append_record_json(std::string& out, const client::ConsumedRecord& record) {
    out += "{\"topic\":";
    append_json_string(out, record.partition->topic);
    out += ",\"partition\":" + std::to_string(record.partition->partition.value());
    out += ",\"offset\":" + std::to_string(record.offset.value());
    out += ",\"timestamp\":" + std::to_string(record.timestamp.value()) + ",\"key\":";
    append_optional_json(out, record.key);
    out += ",\"value\":";
    append_optional_json(out, record.value);
    out += ",\"headers\":[";
    record::HeaderIterator headers(record.raw);
    for (bool first = true; const auto header = headers.next(); first = false) {
        out += first ? "[" : ",[";
        append_json_string(out, header->key);
        out += ',';
        append_optional_json(out, header->value);
        out += ']';
    }
    out += "]}\n";
}

}  // namespace cambium::cli
