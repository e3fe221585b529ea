#include "cli/input.hpp"

#include <algorithm>
#include <utility>

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

std::optional<std::string_view> LineInput::take_line() {
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

Result<std::optional<InputRecord>> LineInput::parsed(std::string_view line) const {
    if (separator_.empty()) return std::optional(InputRecord{std::nullopt, line});
    const size_t at = line.find(separator_);
    if (at == std::string_view::npos)
        return Error{Errc::malformed,
                     "line " + std::to_string(line_) + " has no '" + separator_ + "' after a key"};
    return std::optional(InputRecord{line.substr(0, at), line.substr(at + separator_.size())});
}

io::Task<Status> LineInput::read_more() {
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

io::Task<Result<std::optional<InputRecord>>> LineInput::next() {
    while (true) {
        const std::optional<std::string_view> line = take_line();
        if (line.has_value()) {
            ++line_;
            co_return parsed(*line);
        }
        if (ended_) co_return std::optional<InputRecord>{};
        const Status more = co_await read_more();
        if (!more.ok()) co_return more.error();
    }
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
    InputRecord record{std::nullopt, **element};
    if (!key_field_.empty()) {
        key_ = json_member(record.value, key_field_);
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
