#include "cli/input.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/number.hpp"

namespace cambium::cli {
namespace {

constexpr size_t read_bytes = size_t{64} << 10;

}  // namespace

io::Task<Result<size_t>> FileSource::read(MutableBytes into) {
    const Result<size_t> got = co_await file_->pread(position_, into);
    if (got.ok()) position_ += static_cast<int64_t>(*got);
    co_return got;
}

io::Task<Result<std::string>> read_whole(ByteSource* source, size_t limit) {
    std::string text;
    Buffer block(read_bytes);
    block.resize(read_bytes);
    while (true) {
        const Result<size_t> got = co_await source->read(block.mutable_view());
        if (!got.ok()) co_return got.error();
        if (*got == 0) co_return text;
        if (text.size() + *got > limit)
            co_return Error{Errc::message_too_large,
                            "the input is larger than " + std::to_string(limit >> 20) + " MiB"};
        text.append(as_text(block.view().first(*got)));
    }
}

// ---- Lines

std::optional<std::string_view> Lines::take() {
    const std::string_view all = bytes_.text();
    const size_t end = all.find('\n', std::max(at_, searched_));
    searched_ = all.size();
    if (end == std::string_view::npos) {
        if (!ended_ || at_ == all.size()) return std::nullopt;
        return all.substr(std::exchange(at_, all.size()));
    }
    const size_t begin = std::exchange(at_, end + 1);
    searched_ = at_;
    return all.substr(begin, end - begin);
}

io::Task<Status> Lines::read_more() {
    bytes_.drop_front(std::exchange(at_, 0));
    searched_ = bytes_.size();
    const size_t had = bytes_.size();
    if (had > line_bytes_max)
        co_return Error{Errc::message_too_large, "a line of more than 64 MiB"};
    bytes_.resize(had + read_bytes);
    const Result<size_t> got = co_await source_->read(bytes_.mutable_view().subspan(had));
    bytes_.resize(had + (got.ok() ? *got : 0));
    if (!got.ok()) co_return got.error();
    ended_ = *got == 0;
    co_return Status();
}

io::Task<Result<std::optional<std::string_view>>> Lines::next() {
    while (true) {
        const std::optional<std::string_view> line = take();
        if (line.has_value()) {
            ++line_;
            co_return line;
        }
        if (ended_) co_return std::optional<std::string_view>{};
        const Status more = co_await read_more();
        if (!more.ok()) co_return more.error();
    }
}

std::optional<std::string_view> LineInput::unless_null(std::string_view text) const {
    if (!null_marker_.empty() && text == null_marker_) return std::nullopt;
    return text;
}

Result<std::optional<InputRecord>> LineInput::parsed(std::string_view line) const {
    if (separator_.empty()) return std::optional(InputRecord{std::nullopt, unless_null(line)});
    const size_t at = line.find(separator_);
    if (at == std::string_view::npos)
        return Error{Errc::malformed, "line " + std::to_string(lines_.number()) + " has no '" +
                                          separator_ + "' after a key"};
    return std::optional(InputRecord{unless_null(line.substr(0, at)),
                                     unless_null(line.substr(at + separator_.size()))});
}

io::Task<Result<std::optional<InputRecord>>> LineInput::next() {
    const Result<std::optional<std::string_view>> line = co_await lines_.next();
    if (!line.ok()) co_return line.error();
    if (!line->has_value()) co_return std::optional<InputRecord>{};
    co_return parsed(**line);
}

// ---- Objects

Error ObjectInput::wrong(std::string_view what) const {
    return {Errc::malformed, "line " + std::to_string(lines_.number()) + ": " + std::string(what)};
}

Status ObjectInput::take_headers(std::string_view array) {
    const Error shape = wrong("\"headers\" wants [[\"name\",\"value\"],...]");
    Result<JsonArray> all = JsonArray::open(array);
    if (!all.ok()) return shape;
    while (true) {
        const Result<std::optional<std::string_view>> one = all->next();
        if (!one.ok()) return shape;
        if (!one->has_value()) break;
        Result<JsonArray> pair = JsonArray::open(**one);
        if (!pair.ok()) return shape;
        const Result<std::optional<std::string_view>> key = pair->next();
        if (!key.ok() || !key->has_value() || !json_string(**key)) return shape;
        const Result<std::optional<std::string_view>> value = pair->next();
        if (!value.ok() || !value->has_value()) return shape;
        header_texts_.emplace_back(*json_string(**key), json_string(**value));
        if (!header_texts_.back().second && **value != "null") return shape;
    }
    for (const auto& [key, value] : header_texts_) {
        headers_.push_back({key, std::nullopt});
        if (value) headers_.back().value = as_bytes(*value);
    }
    return {};
}

Result<std::optional<InputRecord>> ObjectInput::parsed(std::string_view line) {
    const Result<JsonSpan> whole = json_value(line);
    if (!whole.ok() || line[whole->begin] != '{' ||
        line.find_first_not_of(" \t\r", whole->end) != std::string_view::npos)
        return wrong("not one JSON object");
    const auto text = [&](std::string_view name, std::optional<std::string>& into) {
        const std::optional<std::string_view> raw = json_member_text(line, name);
        into = raw ? json_string(*raw) : std::nullopt;
        return !raw || into || *raw == "null";
    };
    const auto number = [&](std::string_view name, int64_t most) -> Result<std::optional<int64_t>> {
        const std::optional<std::string_view> raw = json_member_text(line, name);
        if (!raw || *raw == "null") return std::optional<int64_t>{};
        const std::optional<int64_t> value = whole_number<int64_t>(*raw);
        if (!value || *value < -1 || *value > most)
            return wrong("\"" + std::string(name) + "\" is no number that can be");
        return *value < 0 ? std::nullopt : value;
    };
    if (!json_member_text(line, "value")) return wrong("an object without \"value\"");
    if (!text("key", key_)) return wrong("\"key\" wants a string or null");
    if (!text("value", value_)) return wrong("\"value\" wants a string or null");
    headers_.clear();
    header_texts_.clear();
    const std::optional<std::string_view> headers = json_member_text(line, "headers");
    if (headers && *headers != "null") {
        const Status taken = take_headers(*headers);
        if (!taken.ok()) return taken.error();
    }
    const auto partition = number("partition", INT32_MAX);
    if (!partition.ok()) return partition.error();
    const auto timestamp = number("timestamp", INT64_MAX);
    if (!timestamp.ok()) return timestamp.error();
    InputRecord record{.key = key_, .value = value_, .headers = headers_};
    if (*partition) record.partition = PartitionIndex(static_cast<int32_t>(**partition));
    if (*timestamp) record.timestamp = Timestamp(**timestamp);
    return std::optional(record);
}

io::Task<Result<std::optional<InputRecord>>> ObjectInput::next() {
    const Result<std::optional<std::string_view>> line = co_await lines_.next();
    if (!line.ok()) co_return line.error();
    if (!line->has_value()) co_return std::optional<InputRecord>{};
    co_return parsed(**line);
}

// ---- JSON

Result<std::unique_ptr<JsonInput>> JsonInput::open(std::string text, std::string key_field) {
    struct Made : JsonInput {
        Made(std::string made_text, std::string made_key)
            : JsonInput(std::move(made_text), std::move(made_key)) {}
    };
    std::unique_ptr<JsonInput> input =
        std::make_unique<Made>(std::move(text), std::move(key_field));
    Result<JsonArray> array = JsonArray::open(input->text_);
    if (!array.ok()) return array.error();
    input->array_ = *array;
    return input;
}

Result<std::optional<InputRecord>> JsonInput::next_now() {
    const Result<std::optional<std::string_view>> element = array_->next();
    if (!element.ok()) return element.error();
    if (!element->has_value()) return std::optional<InputRecord>{};
    ++count_;
    InputRecord record{std::nullopt, *element};
    if (!key_field_.empty()) {
        key_ = json_member(**element, key_field_);
        if (!key_.has_value())
            return Error{Errc::malformed, "element " + std::to_string(count_) + " has no member '" +
                                              key_field_ + "'"};
        record.key = *key_;
    }
    return std::optional(record);
}

io::Task<Result<std::optional<InputRecord>>> JsonInput::next() { co_return next_now(); }

// ---- CSV

Result<std::unique_ptr<CsvInput>> CsvInput::open(std::string_view text,
                                                 std::string_view key_field) {
    struct Made : CsvInput {
        Made(CsvTable table, std::optional<size_t> key) : CsvInput(std::move(table), key) {}
    };
    Result<CsvTable> table = CsvTable::parse(text);
    if (!table.ok()) return table.error();
    std::optional<size_t> key;
    if (!key_field.empty()) {
        key = table->column(key_field);
        if (!key.has_value())
            return Error{Errc::malformed, "there is no column '" + std::string(key_field) + "'"};
    }
    return std::unique_ptr<CsvInput>(std::make_unique<Made>(std::move(table.value()), key));
}

Result<std::optional<InputRecord>> CsvInput::next_now() {
    if (row_ == table_.size()) return std::optional<InputRecord>{};
    value_ = table_.json(row_);
    InputRecord record{std::nullopt, value_};
    if (key_column_.has_value()) record.key = table_.row(row_)[*key_column_];
    ++row_;
    return std::optional(record);
}

io::Task<Result<std::optional<InputRecord>>> CsvInput::next() { co_return next_now(); }

}  // namespace cambium::cli
