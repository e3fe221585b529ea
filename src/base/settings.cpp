#include "base/settings.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "base/check.hpp"

namespace cambium {

namespace {

Error invalid(std::string text) { return {Errc::invalid_config, std::move(text)}; }

// In the words of Kafka, which people search for.
Error refused(const Setting& setting, std::string_view value, const std::string& why) {
    return invalid("Invalid value " + std::string(value) + " for configuration " +
                   std::string(setting.name) + ": " + why);
}

std::string_view trimmed(std::string_view text) {
    const size_t from = text.find_first_not_of(" \t");
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

template <class Number> std::optional<Number> parsed(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('+')) text.remove_prefix(1);
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<bool> parsed_boolean(std::string_view text) {
    std::string lower(trimmed(text));
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (lower == "true") return true;
    if (lower == "false") return false;
    return std::nullopt;
}

// What the bits of the type allow, within what the row allows.
std::pair<int64_t, int64_t> limits(const Setting& setting) {
    const int64_t most_of_type = setting.type == SettingType::small     ? INT16_MAX
                                 : setting.type == SettingType::integer ? INT32_MAX
                                                                        : INT64_MAX;
    return {std::max(setting.least, -most_of_type - 1), std::min(setting.most, most_of_type)};
}

Status check_integer(const Setting& setting, std::string_view value) {
    const auto number = parsed<int64_t>(value);
    if (!number) return refused(setting, value, "Not a whole number");
    const auto [least, most] = limits(setting);
    if (*number < least)
        return refused(setting, value, "Value must be at least " + std::to_string(least));
    if (*number > most)
        return refused(setting, value, "Value must be no more than " + std::to_string(most));
    return {};
}

Status check_real(const Setting& setting, std::string_view value) {
    const auto number = parsed<double>(value);
    if (!number || !std::isfinite(*number)) return refused(setting, value, "Not a number");
    if (*number < static_cast<double>(setting.least))
        return refused(setting, value, "Value must be at least " + std::to_string(setting.least));
    if (*number > static_cast<double>(setting.most))
        return refused(setting, value,
                       "Value must be no more than " + std::to_string(setting.most));
    return {};
}

Status check_choice(const Setting& setting, std::string_view value) {
    if (setting.choices.empty()) return {};
    for (const std::string& choice : split_list(setting.choices))
        if (choice == value) return {};
    return refused(setting, value, "String must be one of: " + std::string(setting.choices));
}

Status check_list(const Setting& setting, std::string_view value) {
    for (const std::string& item : split_list(value))
        if (Status status = check_choice(setting, item); !status) return status;
    return {};
}

// How many letters must change to make one name of the other.
size_t distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = std::exchange(row[0], i);
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row[b.size()];
}

std::string meant(std::string_view name) {
    constexpr size_t longest_name = 100;
    if (name.size() > longest_name) return {};
    size_t best = 4;
    std::string_view found;
    for (const Setting& setting : settings_table()) {
        if (!setting.has(SettingScope::broker)) continue;
        const size_t away = distance(name, setting.name);
        if (away < best) best = away, found = setting.name;
    }
    return found.empty() ? "" : "; did you mean " + std::string(found) + "?";
}

const Setting& row(std::string_view name, SettingScope scope) {
    const Setting* const setting = find_setting(name, scope);
    check(setting != nullptr, name);
    return *setting;
}

// The readings below are of values that were checked when they were set, or of the table's own.
int64_t as_integer(std::string_view name, const std::optional<std::string>& value) {
    check(value.has_value(), name);
    const auto number = parsed<int64_t>(*value);
    check(number.has_value(), name, *value);
    return *number;
}

bool as_boolean(std::string_view name, const std::optional<std::string>& value) {
    check(value.has_value(), name);
    const auto flag = parsed_boolean(*value);
    check(flag.has_value(), name, *value);
    return *flag;
}

double as_real(std::string_view name, const std::optional<std::string>& value) {
    check(value.has_value(), name);
    const auto number = parsed<double>(*value);
    check(number.has_value(), name, *value);
    return *number;
}

std::string scaled(const std::string& value, int64_t factor) {
    const auto number = parsed<int64_t>(value);
    if (factor == 1 || !number || *number < 0) return value;
    int64_t product = 0;
    if (__builtin_mul_overflow(*number, factor, &product)) product = INT64_MAX;
    return std::to_string(product);
}

}  // namespace

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const size_t comma = std::min(text.find(','), text.size());
        const std::string_view part = trimmed(text.substr(0, comma));
        if (!part.empty()) parts.emplace_back(part);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

const Setting* find_setting(std::string_view name, SettingScope scope) {
    const auto rows = settings_table();
    const auto found = std::ranges::lower_bound(rows, name, {}, &Setting::name);
    return found != rows.end() && found->name == name && found->has(scope) ? &*found : nullptr;
}

Status check_setting(const Setting& setting, std::string_view value) {
    switch (setting.type) {
        case SettingType::boolean:
            if (const auto flag = parsed_boolean(value))
                return check_choice(setting, *flag ? "true" : "false");
            return refused(setting, value, "Expected value to be either true or false");
        case SettingType::integer:
        case SettingType::small:
        case SettingType::large: return check_integer(setting, value);
        case SettingType::real: return check_real(setting, value);
        case SettingType::list: return check_list(setting, value);
        case SettingType::text: return check_choice(setting, trimmed(value));
    }
    check(false, setting.name);
    return {};
}

Status check_topic_settings(const SettingValues& values) {
    for (const auto& [name, value] : values) {
        const Setting* const setting = find_setting(name, SettingScope::topic);
        if (setting == nullptr) return invalid("Unknown topic config name: " + name);
        if (Status status = check_setting(*setting, value); !status) return status;
    }
    const Settings standard;
    const int64_t least = standard.topic_integer("min.compaction.lag.ms", values);
    const int64_t most = standard.topic_integer("max.compaction.lag.ms", values);
    if (least > most)
        return invalid("conflict topic config setting min.compaction.lag.ms (" +
                       std::to_string(least) + ") > max.compaction.lag.ms (" +
                       std::to_string(most) + ")");
    return {};
}

Status Settings::set(std::string_view name, std::string_view value) {
    const Setting* const setting = find_setting(name, SettingScope::broker);
    if (setting == nullptr && !setting_without_effect(name))
        return invalid("unknown setting " + std::string(name) + meant(name));
    if (setting != nullptr)
        if (Status status = check_setting(*setting, value); !status) return status;
    given_.insert_or_assign(std::string(name), std::string(value));
    return {};
}

std::optional<std::string> Settings::find(std::string_view name) const {
    return effective(row(name, SettingScope::broker)).value;
}
int64_t Settings::integer(std::string_view name) const { return as_integer(name, find(name)); }
bool Settings::boolean(std::string_view name) const { return as_boolean(name, find(name)); }
double Settings::real(std::string_view name) const { return as_real(name, find(name)); }
std::string Settings::text(std::string_view name) const {
    const std::optional<std::string> value = find(name);
    check(value.has_value(), name);
    return std::string(trimmed(*value));
}
std::vector<std::string> Settings::list(std::string_view name) const {
    return split_list(text(name));
}

int64_t Settings::topic_integer(std::string_view name, const SettingValues& topic) const {
    return as_integer(name, effective(row(name, SettingScope::topic), topic).value);
}
bool Settings::topic_boolean(std::string_view name, const SettingValues& topic) const {
    return as_boolean(name, effective(row(name, SettingScope::topic), topic).value);
}
double Settings::topic_real(std::string_view name, const SettingValues& topic) const {
    return as_real(name, effective(row(name, SettingScope::topic), topic).value);
}
std::string Settings::topic_text(std::string_view name, const SettingValues& topic) const {
    const Effective found = effective(row(name, SettingScope::topic), topic);
    check(found.value.has_value(), name);
    return std::string(trimmed(*found.value));
}
std::vector<std::string> Settings::topic_list(std::string_view name,
                                              const SettingValues& topic) const {
    return split_list(topic_text(name, topic));
}

int64_t Settings::topic_segment_bytes(const SettingValues& topic) const {
    const Effective small = effective(row("internal.segment.bytes", SettingScope::topic), topic);
    return small.value ? as_integer(small.by, small.value) : topic_integer("segment.bytes", topic);
}

Effective Settings::effective(const Setting& setting) const {
    check(setting.has(SettingScope::broker), setting.name);
    if (const auto given = given_.find(setting.name); given != given_.end())
        return {given->second, SettingSource::broker, setting.name};
    Effective found{std::nullopt, SettingSource::standard, setting.name};
    if (setting.standard) found.value = *setting.standard;
    return found;
}

Effective Settings::effective(const Setting& setting, const SettingValues& topic) const {
    check(setting.has(SettingScope::topic), setting.name);
    if (const auto set = topic.find(setting.name); set != topic.end())
        return {set->second, SettingSource::topic, setting.name};
    if (setting.has(SettingScope::broker)) return effective(setting);
    for (const Synonym& synonym : setting.synonyms)
        if (const auto given = given_.find(synonym.name); given != given_.end())
            return {scaled(given->second, synonym.factor), SettingSource::broker, synonym.name};
    Effective found{std::nullopt, SettingSource::standard, setting.name};
    if (setting.standard) found.value = *setting.standard;
    return found;
}

}  // namespace cambium
