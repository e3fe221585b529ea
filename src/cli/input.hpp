// Where records to produce come from: lines, the elements of a JSON array, or the rows of a CSV
// table.
//
// Lines are read as they come, so that what a person types is sent at once; arrays and tables are
// read whole, up to `whole_bytes_max`. What a record gives are views, valid until the next one is
// asked for.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "cli/csv.hpp"
#include "cli/json.hpp"
#include "cli/terminal.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"

namespace cambium::cli {

inline constexpr size_t whole_bytes_max = size_t{512} << 20;
inline constexpr size_t line_bytes_max = size_t{64} << 20;

// Bytes one after another.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    // At least one byte; 0 at the end.
    virtual io::Task<Result<size_t>> read(MutableBytes into) = 0;
};

class TerminalSource : public ByteSource {
public:
    explicit TerminalSource(Terminal& terminal) : terminal_(terminal) {}
    io::Task<Result<size_t>> read(MutableBytes into) override { return terminal_.read(into); }

private:
    Terminal& terminal_;
};

class FileSource : public ByteSource {
public:
    explicit FileSource(io::FileRef file) : file_(std::move(file)) {}
    io::Task<Result<size_t>> read(MutableBytes into) override;

private:
    io::FileRef file_;
    int64_t position_ = 0;
};

// All of it. Errors: message_too_large above the limit.
io::Task<Result<std::string>> read_whole(ByteSource* source, size_t limit = whole_bytes_max);

struct InputRecord {
    std::optional<std::string_view> key;
    std::string_view value;
};

class RecordInput {
public:
    virtual ~RecordInput() = default;
    // Empty at the end. Errors: malformed, with the place.
    virtual io::Task<Result<std::optional<InputRecord>>> next() = 0;
};

// One record a line, without its line break; with a separator what stands before its first
// occurrence is the key (a line without it is malformed).
class LineInput : public RecordInput {
public:
    LineInput(std::unique_ptr<ByteSource> source, std::string key_separator)
        : source_(std::move(source)), separator_(std::move(key_separator)) {}
    io::Task<Result<std::optional<InputRecord>>> next() override;

private:
    // The next line in what was read, if it is whole.
    [[nodiscard]] std::optional<std::string_view> take_line();
    [[nodiscard]] Result<std::optional<InputRecord>> parsed(std::string_view line) const;
    io::Task<Status> read_more();

    std::unique_ptr<ByteSource> source_;
    std::string separator_;
    Buffer bytes_;
    size_t at_ = 0;        // of the next line
    size_t searched_ = 0;  // without a line break
    bool ended_ = false;
    int64_t line_ = 0;
};

// The elements of an array, each with exactly its text; the key is a member of the element.
class JsonInput : public RecordInput {
public:
    static Result<std::unique_ptr<JsonInput>> open(std::string text, std::string key_field);
    io::Task<Result<std::optional<InputRecord>>> next() override;
    // The same without waiting.
    [[nodiscard]] Result<std::optional<InputRecord>> next_now();

private:
    JsonInput(std::string text, std::string key_field)
        : text_(std::move(text)), key_field_(std::move(key_field)) {}

    std::string text_;
    std::string key_field_;
    std::optional<JsonArray> array_;
    std::optional<std::string> key_;
    int64_t count_ = 0;
};

// The rows of a table as JSON objects; the key is a column.
class CsvInput : public RecordInput {
public:
    // Errors: malformed, also when there is no such column.
    static Result<std::unique_ptr<CsvInput>> open(std::string_view text,
                                                  std::string_view key_field);
    io::Task<Result<std::optional<InputRecord>>> next() override;
    [[nodiscard]] Result<std::optional<InputRecord>> next_now();

private:
    CsvInput(CsvTable table, std::optional<size_t> key)
        : table_(std::move(table)), key_column_(key) {}

    CsvTable table_;
    std::optional<size_t> key_column_;
    std::string value_;
    size_t row_ = 0;
};

}  // namespace cambium::cli
