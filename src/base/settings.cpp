#include "base/settings.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/settings_parse.hpp"

namespace cambium {

namespace {

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
    const auto number = settings_parse::integer(*value);
    check(number.has_value(), name, *value);
    return *number;
}

bool as_boolean(std::string_view name, const std::optional<std::string>& value) {
    check(value.has_value(), name);
    const auto flag = settings_parse::boolean(*value);
    check(flag.has_value(), name, *value);
    return *flag;
}

double as_real(std::string_view name, const std::optional<std::string>& value) {
    check(value.has_value(), name);
    const auto number = settings_parse::real(*value);
    check(number.has_value(), name, *value);
    return *number;
}

std::string scaled(const std::string& value, int64_t factor) {
    const auto number = settings_parse::integer(value);
    if (factor == 1 || !number || *number < 0) return value;
    int64_t product = 0;
    if (__builtin_mul_overflow(*number, factor, &product)) product = INT64_MAX;
    return std::to_string(product);
}

// Those that name something: the array ends with empty names.
std::span<const Synonym> named(const std::array<Synonym, 3>& synonyms) {
    const auto end = std::ranges::find(synonyms, std::string_view{}, &Synonym::name);
    return {synonyms.begin(), end};
}

// A broker setting that comes in several units, from itself on to the coarser ones.
std::span<const Synonym> units_of(const Setting& setting) {
    for (const Setting& topic : settings_table()) {
        const std::span<const Synonym> names = named(topic.synonyms);
        const auto self = std::ranges::find(names, setting.name, &Synonym::name);
        if (self != names.end() && names.size() > 1) return {self, names.end()};
    }
    return {};
}

bool counts(const SettingValues& values, const Setting& setting) {
    const auto found = values.find(setting.name);
    return found != values.end() && check_setting(setting, found->second).ok();
}

SettingValues that_count(const SettingValues& values, std::vector<std::string>& refused) {
    SettingValues out;
    for (const auto& [name, value] : values) {
        const Setting* const setting = find_setting(name, SettingScope::broker);
        if (setting != nullptr && setting->dynamic && check_setting(*setting, value).ok())
            out.emplace(name, value);
        else refused.push_back(name);
    }
    return out;
}

}  // namespace

const Setting* find_setting(std::string_view name, SettingScope scope) {
    const auto rows = settings_table();
    const auto found = std::ranges::lower_bound(rows, name, {}, &Setting::name);
    return found != rows.end() && found->name == name && found->has(scope) ? &*found : nullptr;
}

Status Settings::set(std::string_view name, std::string_view value) {
    const Setting* const setting = find_setting(name, SettingScope::broker);
    if (setting == nullptr)
        return Error{Errc::invalid_config, "unknown setting " + std::string(name) + meant(name)};
    if (Status status = check_setting(*setting, value); !status) return status;
    given_.insert_or_assign(std::string(name), std::string(value));
    return {};
}

std::vector<std::string> Settings::set_dynamic(const SettingValues& all_nodes,
                                               const SettingValues& this_node) {
    std::vector<std::string> refused;
    all_nodes_ = that_count(all_nodes, refused);
    this_node_ = that_count(this_node, refused);
    return refused;
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
    return *value;
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
    return *found.value;
}
std::vector<std::string> Settings::topic_list(std::string_view name,
                                              const SettingValues& topic) const {
    return split_list(topic_text(name, topic));
}

int64_t Settings::topic_segment_bytes(const SettingValues& topic) const {
    const Effective small = effective(row("internal.segment.bytes", SettingScope::topic), topic);
    return small.value ? as_integer(small.by, small.value) : topic_integer("segment.bytes", topic);
}

std::array<Settings::Layer, 3> Settings::layers() const {
    return {{{&this_node_, SettingSource::this_node},
             {&all_nodes_, SettingSource::all_nodes},
             {&given_, SettingSource::broker}}};
}

// The first of `names` that is set, else the default.
Effective Settings::behind(const Setting& setting, std::span<const Synonym> names) const {
    for (const Layer& layer : layers())
        for (const Synonym& synonym : names)
            if (const auto set = layer.values->find(synonym.name); set != layer.values->end())
                return {canonical(setting, scaled(set->second, synonym.factor)), layer.source,
                        synonym.name};
    Effective found{std::nullopt, SettingSource::standard, setting.name};
    if (setting.standard) found.value = *setting.standard;
    return found;
}

Effective Settings::effective(const Setting& setting) const {
    check(setting.has(SettingScope::broker), setting.name);
    const std::array<Synonym, 1> self{{{setting.name}}};
    return behind(setting, self);
}

Effective Settings::effective(const Setting& setting, const SettingValues& topic) const {
    check(setting.has(SettingScope::topic), setting.name);
    if (counts(topic, setting))
        return {canonical(setting, topic.find(setting.name)->second), SettingSource::topic,
                setting.name};
    if (setting.has(SettingScope::broker)) return effective(setting);
    return behind(setting, named(setting.synonyms));
}

Effective Settings::effective_of_group(const Setting& setting, const SettingValues& group) const {
    check(setting.has(SettingScope::group), setting.name);
    if (counts(group, setting))
        return {canonical(setting, group.find(setting.name)->second), SettingSource::group,
                setting.name};
    return behind(setting, named(setting.synonyms));
}

// A default counts as one only where nothing finer stands before it without one, as in Kafka.
std::vector<SettingOrigin> Settings::all_behind(std::span<const Synonym> names) const {
    std::vector<SettingOrigin> out;
    for (const Layer& layer : layers())
        for (const Synonym& synonym : names)
            if (const auto set = layer.values->find(synonym.name); set != layer.values->end())
                out.push_back({synonym.name, set->second, layer.source});
    for (const Synonym& synonym : names) {
        const Setting& setting = row(synonym.name, SettingScope::broker);
        const bool first = synonym.name == names.front().name;
        if (setting.standard && (first || !out.empty()))
            out.push_back({synonym.name, std::string(*setting.standard), SettingSource::standard});
    }
    return out;
}

std::vector<SettingOrigin> Settings::origins(const Setting& setting) const {
    check(setting.has(SettingScope::broker), setting.name);
    const std::array<Synonym, 1> self{{{setting.name}}};
    const std::span<const Synonym> units = units_of(setting);
    std::vector<SettingOrigin> out = all_behind(units.empty() ? self : units);
    // A coarser unit gives another setting its value, not this one.
    const auto own = std::ranges::find(out, setting.name, &SettingOrigin::name);
    out.erase(out.begin(), own);
    return out;
}

std::vector<SettingOrigin> Settings::origins_of_group(const Setting& setting,
                                                      const SettingValues& group) const {
    check(setting.has(SettingScope::group), setting.name);
    std::vector<SettingOrigin> out;
    if (counts(group, setting))
        out.push_back({setting.name, canonical(setting, group.find(setting.name)->second),
                       SettingSource::group});
    const std::vector<SettingOrigin> broker = all_behind(named(setting.synonyms));
    out.insert(out.end(), broker.begin(), broker.end());
    return out;
}

std::vector<SettingOrigin> Settings::origins(const Setting& setting,
                                             const SettingValues& topic) const {
    check(setting.has(SettingScope::topic), setting.name);
    std::vector<SettingOrigin> out;
    if (counts(topic, setting))
        out.push_back({setting.name, canonical(setting, topic.find(setting.name)->second),
                       SettingSource::topic});
    const std::array<Synonym, 1> self{{{setting.name}}};
    const std::span<const Synonym> names =
        setting.has(SettingScope::broker) ? self : named(setting.synonyms);
    const std::vector<SettingOrigin> broker = all_behind(names);
    out.insert(out.end(), broker.begin(), broker.end());
    return out;
}

}  // namespace cambium
