// Columns of text, as wide as their widest cell.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace cambium::cli {

class TextTable {
public:
    explicit TextTable(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

    [[nodiscard]] std::string text() const {
        std::vector<size_t> widths(rows_.front().size());
        for (const auto& row : rows_)
            for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
        std::string out;
        for (const auto& row : rows_) {
            for (size_t i = 0; i < row.size(); ++i) {
                out += row[i];
                const bool last = i + 1 == row.size();
                out.append(last ? 0 : widths[i] - row[i].size() + 2, ' ');
            }
            out += '\n';
        }
        return out;
    }

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace cambium::cli
