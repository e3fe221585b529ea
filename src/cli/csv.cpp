#include "cli/csv.hpp"

#include <algorithm>
#include <utility>

#include "cli/json.hpp"

namespace cambium::cli {

bool CsvReader::take_line_end() {
    const std::string_view rest = text_.substr(at_);
    const size_t length = rest.starts_with("\r\n") ? 2 : rest.starts_with('\n') ? 1 : 0;
    at_ += length;
    line_ += length > 0 ? 1 : 0;
    return length > 0;
}

Result<std::string> CsvReader::quoted() {
    std::string out;
    for (++at_; at_ < text_.size();) {
        const char c = text_[at_++];
        if (c == '\n') ++line_;
        if (c != '"') {
            out += c;
        } else if (at_ < text_.size() && text_[at_] == '"') {
            out += '"';
            ++at_;
        } else {
            return out;
        }
    }
    return Error{Errc::malformed, "line " + std::to_string(row_line_) + ": a quote is not closed"};
}

Result<std::string> CsvReader::field() {
    if (at_ < text_.size() && text_[at_] == '"') return quoted();
    size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
    const bool crlf =
        end > at_ && end < text_.size() && text_[end] == '\n' && text_[end - 1] == '\r';
    if (crlf) --end;
    const size_t begin = std::exchange(at_, end);
    return std::string(text_.substr(begin, end - begin));
}

Result<std::optional<CsvRow>> CsvReader::next() {
    while (take_line_end()) {}
    if (at_ == text_.size()) return std::optional<CsvRow>{};
    row_line_ = line_;
    CsvRow row;
    while (true) {
        Result<std::string> value = field();
        if (!value.ok()) return value.error();
        row.push_back(std::move(value.value()));
        if (at_ == text_.size() || take_line_end()) return std::optional(std::move(row));
        if (text_[at_] != ',')
            return Error{Errc::malformed,
                         "line " + std::to_string(line_) + ": something follows a closing quote"};
        ++at_;
    }
}

Result<CsvTable> CsvTable::parse(std::string_view text) {
    CsvReader reader(text);
    CsvTable table;
    while (true) {
        Result<std::optional<CsvRow>> row = reader.next();
        if (!row.ok()) return row.error();
        if (!row->has_value()) break;
        CsvRow& fields = **row;
        if (table.header_.empty()) table.header_ = std::move(fields);
        else if (fields.size() != table.header_.size())
            return Error{Errc::malformed, "line " + std::to_string(reader.line()) + ": " +
                                              std::to_string(fields.size()) +
                                              " fields, the header has " +
                                              std::to_string(table.header_.size())};
        else table.rows_.push_back(std::move(fields));
    }
    table.find_number_columns();
    return table;
}

void CsvTable::find_number_columns() {
    for (size_t column = 0; column < header_.size(); ++column) {
        bool any = false;
        const bool all = std::ranges::all_of(rows_, [&](const CsvRow& row) {
            any = any || !row[column].empty();
            return row[column].empty() || is_json_number(row[column]);
        });
        numbers_.push_back(any && all);
    }
}

std::optional<size_t> CsvTable::column(std::string_view name) const {
    const auto found = std::ranges::find(header_, name);
    if (found == header_.end()) return std::nullopt;
    return static_cast<size_t>(found - header_.begin());
}

std::string CsvTable::json(size_t index) const {
    const CsvRow& values = rows_[index];
    std::string out = "{";
    for (size_t column = 0; column < header_.size(); ++column) {
        if (column > 0) out += ',';
        append_json_string(out, header_[column]);
        out += ':';
        if (!numbers_[column]) append_json_string(out, values[column]);
        else out += values[column].empty() ? "null" : values[column];
    }
    out += '}';
    return out;
}

}  // namespace cambium::cli
