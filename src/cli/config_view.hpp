// Settings as people and programs are shown them: `cambium config` and `cambium topic describe`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/config_admin.hpp"

namespace cambium::cli {

// "topic 'flights'", "broker 1", "all brokers".
[[nodiscard]] std::string subject_text(const client::ConfigSubject& subject);

// Where a value comes from: "topic", "broker", "all brokers", "start", "default".
[[nodiscard]] std::string_view source_word(int8_t source);

// Whether somebody set it: anything but a default.
[[nodiscard]] bool was_set(const client::DescribedConfig& config);
// Whether it was set on `subject` itself.
[[nodiscard]] bool was_set_on(const client::ConfigSubject& subject,
                              const client::DescribedConfig& config);

// The value, "-" for none, and nothing of what is secret.
[[nodiscard]] std::string value_text(const client::DescribedConfig& config);
// "start (log.retention.hours=2)" where another name gave the value.
[[nodiscard]] std::string source_text(const client::DescribedConfig& config);

// One object, without an end of line.
[[nodiscard]] std::string config_json(const client::ConfigSubject& subject,
                                      const client::DescribedConfig& config);

struct ConfigView {
    bool explain = false;  // the sentence about each, below it
    bool changes = false;  // whether each may change while the server runs
};
// A table with a head.
[[nodiscard]] std::string config_table(const std::vector<client::DescribedConfig>& configs,
                                       ConfigView view);

// NAME=VALUE and NAME as the changes that they ask for.
struct EditTexts {
    std::vector<std::string> sets{};
    std::vector<std::string> removals{};
    std::vector<std::string> appends{};
    std::vector<std::string> subtractions{};
    [[nodiscard]] size_t count() const {
        return sets.size() + removals.size() + appends.size() + subtractions.size();
    }
};
// Errors: invalid_argument, the context a sentence that names the option.
[[nodiscard]] Result<std::vector<client::ConfigEdit>> edits_of(const EditTexts& texts);

}  // namespace cambium::cli
