// Where records to produce come from: lines, objects with key and value, the elements of a JSON
// array, or the rows of a CSV table.
//
// Lines are read as they come, so that what a person types is sent at once; arrays and tables are
// read whole, up to `whole_bytes_max`. What a record gives are views, valid until the next one is
// asked for.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "cli/csv.hpp"
#include "cli/json.hpp"
#include "cli/terminal.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"
#include "record/record.hpp"

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
    std::optional<std::string_view> value;  // empty: a tombstone
    std::span<const record::HeaderEntry> headers{};
    std::optional<PartitionIndex> partition{};
    std::optional<Timestamp> timestamp{};
};

class RecordInput {
public:
    virtual ~RecordInput() = default;
    // Empty at the end. Errors: malformed, with the place.
    virtual io::Task<Result<std::optional<InputRecord>>> next() = 0;
};

// The lines of a text, without their line breaks, valid until the next one is asked for.
class Lines {
public:
    explicit Lines(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}
    // Empty at the end. Errors: message_too_large above line_bytes_max.
    io::Task<Result<std::optional<std::string_view>>> next();
    // Of the last one, from 1.
    [[nodiscard]] int64_t number() const { return line_; }

private:
    // The next line in what was read, if it is whole.
    [[nodiscard]] std::optional<std::string_view> take();
    io::Task<Status> read_more();

    std::unique_ptr<ByteSource> source_;
    Buffer bytes_;
    size_t at_ = 0;        // of the next line
    size_t searched_ = 0;  // without a line break
    bool ended_ = false;
    int64_t line_ = 0;
};

// One record a line; with a separator what stands before its first occurrence is the key (a line
// without it is malformed). What equals `null_marker`, unless that is empty, is absent.
class LineInput : public RecordInput {
public:
    LineInput(std::unique_ptr<ByteSource> source, std::string key_separator,
              std::string null_marker = {})
        : lines_(std::move(source)),
          separator_(std::move(key_separator)),
          null_marker_(std::move(null_marker)) {}
    io::Task<Result<std::optional<InputRecord>>> next() override;

private:
    [[nodiscard]] Result<std::optional<InputRecord>> parsed(std::string_view line) const;
    [[nodiscard]] std::optional<std::string_view> unless_null(std::string_view text) const;

    Lines lines_;
    std::string separator_;
    std::string null_marker_;
};

// One record a line, as `cambium consume -o json` writes it: an object with "value" (a string, or
// null for a tombstone) and, as far as wanted, "key", "headers" ([["name","value"],...]),
// "partition" and "timestamp" (ms). Other members mean nothing here.
class ObjectInput : public RecordInput {
public:
    explicit ObjectInput(std::unique_ptr<ByteSource> source) : lines_(std::move(source)) {}
    io::Task<Result<std::optional<InputRecord>>> next() override;

private:
    [[nodiscard]] Result<std::optional<InputRecord>> parsed(std::string_view line);
    [[nodiscard]] Status take_headers(std::string_view array);
    [[nodiscard]] Error wrong(std::string_view what) const;

    Lines lines_;
    std::optional<std::string> key_;
    std::optional<std::string> value_;
    std::vector<std::pair<std::string, std::optional<std::string>>> header_texts_;
    std::vector<record::HeaderEntry> headers_;
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
