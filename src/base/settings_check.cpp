// Which values a setting takes, and how they are read and spelled. Refusals are in the words of
// Kafka, which people search for.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <system_error>
#include <utility>

#include "base/address_caps.hpp"
#include "base/check.hpp"
#include "base/number.hpp"
#include "base/settings.hpp"
#include "base/settings_parse.hpp"

namespace cambium {

namespace settings_parse {

namespace {

template <class Number> std::optional<Number> parsed(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('+')) text.remove_prefix(1);
    return whole_number<Number>(text);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const size_t from = text.find_first_not_of(" \t");
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::optional<int64_t> integer(std::string_view text) { return parsed<int64_t>(text); }
std::optional<double> real(std::string_view text) { return parsed<double>(text); }

std::optional<bool> boolean(std::string_view text) {
    std::string lower(trimmed(text));
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (lower == "true") return true;
    if (lower == "false") return false;
    return std::nullopt;
}

std::string wrong_gzip_level(std::string_view value) {
    const int64_t level = integer(value).value_or(0);
    if (level == -1 || (level >= 1 && level <= 9)) return {};
    return "Value must be between 1 and 9 or equal to -1";
}

// "*", or PARTITION:NODE and more of them.
std::string wrong_replicas(std::string_view value) {
    const auto number = [](std::string_view text) {
        return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (trimmed(value) == "*") return {};
    for (const std::string& item : split_list(value)) {
        const size_t colon = item.find(':');
        const std::string_view view(item);
        if (colon == std::string::npos || !number(view.substr(0, colon)) ||
            !number(view.substr(colon + 1)))
            return "It must be the literal '*' or a list of replicas in the following format: "
                   "[partitionId]:[brokerId],[partitionId]:[brokerId],...";
    }
    return {};
}

// Nothing is kept for no time at all; a topic that wants that says so itself.
std::string wrong_retention(std::string_view value) {
    return integer(value) == 0 ? "It must be unlimited (-1) or, greater than or equal to 1" : "";
}

std::string wrong_address_caps(std::string_view value) {
    return parse_address_caps(value).ok() ? "" : "It must be a list of ADDRESS:COUNT";
}

}  // namespace settings_parse

namespace {

using settings_parse::trimmed;

Error invalid(std::string text) { return {Errc::invalid_config, std::move(text)}; }

Error refused(const Setting& setting, std::string_view value, const std::string& why) {
    return invalid("Invalid value " + std::string(value) + " for configuration " +
                   std::string(setting.name) + ": " + why);
}

std::string_view type_name(SettingType type) {
    constexpr std::array<std::string_view, 10> names{
        "", "BOOLEAN", "STRING", "INT", "SHORT", "LONG", "DOUBLE", "LIST", "CLASS", "PASSWORD"};
    return names.at(static_cast<size_t>(type));
}

Error not_a_number(const Setting& setting, std::string_view value) {
    return refused(setting, value, "Not a number of type " + std::string(type_name(setting.type)));
}

// What the bits of the type can say.
std::pair<int64_t, int64_t> range(SettingType type) {
    if (type == SettingType::small) return {INT16_MIN, INT16_MAX};
    if (type == SettingType::integer) return {INT32_MIN, INT32_MAX};
    return {INT64_MIN, INT64_MAX};
}

Status check_integer(const Setting& setting, std::string_view value) {
    const auto number = settings_parse::integer(value);
    const auto [lowest, highest] = range(setting.type);
    if (!number || *number < lowest || *number > highest) return not_a_number(setting, value);
    if (*number < setting.least)
        return refused(setting, value, "Value must be at least " + std::to_string(setting.least));
    if (*number > setting.most)
        return refused(setting, value,
                       "Value must be no more than " + std::to_string(setting.most));
    return {};
}

Status check_real(const Setting& setting, std::string_view value) {
    constexpr auto boundless = std::numeric_limits<int64_t>::max();
    const auto number = settings_parse::real(value);
    if (!number || !std::isfinite(*number)) return not_a_number(setting, value);
    if (*number < static_cast<double>(setting.least))
        return refused(setting, value, "Value must be at least " + std::to_string(setting.least));
    if (setting.most != boundless && *number > static_cast<double>(setting.most))
        return refused(setting, value,
                       "Value must be no more than " + std::to_string(setting.most));
    return {};
}

Status check_choice(const Setting& setting, std::string_view value) {
    if (setting.choices.empty()) return {};
    std::string choices;
    for (const std::string& choice : split_list(setting.choices)) {
        if (choice == value) return {};
        choices += (choices.empty() ? "" : ", ") + choice;
    }
    return refused(setting, value, "String must be one of: " + choices);
}

// The items as they stand between the commas, empty ones too; no items in nothing but blanks.
std::vector<std::string_view> raw_items(std::string_view value) {
    std::vector<std::string_view> items;
    if (trimmed(value).empty()) return items;
    while (true) {
        const size_t comma = std::min(value.find(','), value.size());
        items.push_back(trimmed(value.substr(0, comma)));
        if (comma == value.size()) return items;
        value.remove_prefix(comma + 1);
    }
}

Status check_list(const Setting& setting, std::string_view value) {
    const std::string name(setting.name);
    const std::vector<std::string_view> items = raw_items(value);
    if (items.empty() && setting.needs_items)
        return invalid("Configuration '" + name +
                       "' must not be empty. Valid values include: any non-empty value");
    if (std::set<std::string_view>(items.begin(), items.end()).size() < items.size())
        return invalid("Configuration '" + name + "' values must not be duplicated.");
    for (const std::string_view item : items) {
        if (item.empty()) return invalid("Configuration '" + name + "' values must not be empty.");
        if (Status status = check_choice(setting, item); !status) return status;
    }
    return {};
}

Status check_type(const Setting& setting, std::string_view value) {
    switch (setting.type) {
        case SettingType::boolean:
            if (const auto flag = settings_parse::boolean(value))
                return check_choice(setting, *flag ? "true" : "false");
            return refused(setting, value, "Expected value to be either true or false");
        case SettingType::integer:
        case SettingType::small:
        case SettingType::large: return check_integer(setting, value);
        case SettingType::real: return check_real(setting, value);
        case SettingType::list: return check_list(setting, value);
        case SettingType::text: return check_choice(setting, trimmed(value));
        case SettingType::class_name:
        case SettingType::password: return {};
    }
    check(false, setting.name);
    return {};
}

// As Java spells it: a number without a fraction still has one.
std::string spelled(double number) {
    std::array<char, 64> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
    std::string out(text.data(), end);
    if (out.find_first_of(".e") == std::string::npos) out += ".0";
    return out;
}

}  // namespace

Result<AddressCaps> parse_address_caps(std::string_view text) {
    AddressCaps caps;
    for (const std::string& item : split_list(text)) {
        const size_t colon = std::min(item.rfind(':'), item.size());
        const std::string_view address = trimmed(std::string_view(item).substr(0, colon));
        const int64_t count =
            colon == item.size()
                ? -1
                : settings_parse::integer(std::string_view(item).substr(colon + 1)).value_or(-1);
        if (address.empty() || count < 0)
            return invalid("'" + item + "' is not ADDRESS:COUNT, as in 10.0.0.7:100");
        caps[std::string(address)] = static_cast<size_t>(count);
    }
    return caps;
}

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

Status check_setting(const Setting& setting, std::string_view value) {
    if (Status status = check_type(setting, value); !status) return status;
    if (setting.wrong != nullptr)
        if (const std::string why = setting.wrong(value); !why.empty())
            return refused(setting, value, why);
    if (setting.fixed && canonical(setting, value) != setting.standard.value_or("")) {
        const std::string only(setting.standard.value_or(""));
        return refused(
            setting, setting.secret() ? "[hidden]" : value,
            "This server takes nothing but " + (only.empty() ? "an empty value" : only) + " here");
    }
    return {};
}

std::string canonical(const Setting& setting, std::string_view value) {
    switch (setting.type) {
        case SettingType::boolean:
            return settings_parse::boolean(value).value_or(false) ? "true" : "false";
        case SettingType::integer:
        case SettingType::small:
        case SettingType::large: return std::to_string(settings_parse::integer(value).value_or(0));
        case SettingType::real:
            if (setting.standard == value) return std::string(value);
            return spelled(settings_parse::real(value).value_or(0));
        case SettingType::list: {
            std::string out;
            for (const std::string& item : split_list(value))
                out += (out.empty() ? "" : ",") + item;
            return out;
        }
        case SettingType::text:
        case SettingType::class_name:
        case SettingType::password: break;
    }
    return std::string(trimmed(value));
}

Status check_topic_settings(const SettingValues& values) {
    for (const auto& [name, value] : values) {
        const Setting* const setting = find_setting(name, SettingScope::topic);
        if (setting == nullptr) return invalid("Unknown topic config name: " + name);
        if (Status status = check_setting(*setting, value); !status) return status;
    }
    const Settings standard;
    if (standard.topic_boolean("remote.storage.enable", values))
        return invalid(
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured "
            "with remote log storage.");
    const int64_t least = standard.topic_integer("min.compaction.lag.ms", values);
    const int64_t most = standard.topic_integer("max.compaction.lag.ms", values);
    if (least > most)
        return invalid("conflict topic config setting min.compaction.lag.ms (" +
                       std::to_string(least) + ") > max.compaction.lag.ms (" +
                       std::to_string(most) + ")");
    return {};
}

}  // namespace cambium
