// Comma-separated values (RFC 4180), and a table of them as JSON objects.
//
// Fields may be quoted, quotes doubled, and quoted fields may hold commas and line breaks. Lines
// end with LF or CRLF; empty lines are skipped. Input is not trusted: errors are `malformed` with
// the line.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cambium::cli {

using CsvRow = std::vector<std::string>;

class CsvReader {
public:
    explicit CsvReader(std::string_view text) : text_(text) {}
    // The next row; empty at the end.
    [[nodiscard]] Result<std::optional<CsvRow>> next();
    // Of the row that next() gave last.
    [[nodiscard]] size_t line() const { return row_line_; }

private:
    [[nodiscard]] Result<std::string> field();
    [[nodiscard]] Result<std::string> quoted();
    // Whether a line ends here, which is then taken.
    bool take_line_end();

    std::string_view text_;
    size_t at_ = 0;
    size_t line_ = 1;
    size_t row_line_ = 0;
};

// A file whose first row names the columns. A column in which every value that is not empty is a
// JSON number is one of numbers (an empty value is then null); all others are strings.
class CsvTable {
public:
    [[nodiscard]] static Result<CsvTable> parse(std::string_view text);

    [[nodiscard]] size_t size() const { return rows_.size(); }
    [[nodiscard]] std::optional<size_t> column(std::string_view name) const;
    [[nodiscard]] const CsvRow& row(size_t index) const { return rows_[index]; }
    // {"iata":"00M","latitude":31.95376472,...}: the header's names in the header's order.
    [[nodiscard]] std::string json(size_t index) const;

private:
    void find_number_columns();

    CsvRow header_;
    std::vector<CsvRow> rows_;
    std::vector<bool> numbers_;  // by column
};

}  // namespace cambium::cli
