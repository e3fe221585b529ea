// THE settings: one row for each, under the names, types, defaults and limits of Kafka 4.3
// (`settings_table.cpp`), and the values that were given.
//
// A group setting holds for one group of consumers, and stands before a broker setting as a topic
// setting does. A broker setting holds for the server; a topic setting for one topic, and where the
// topic does not set it, the broker setting of its synonyms does, then its default. Some names are
// both. The table is constant. A Settings is a plain value of one loop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cambium {

// Numbered as DescribeConfigs names the types.
enum class SettingType : int8_t {
    boolean = 1,
    text = 2,
    integer = 3,  // 32 bits
    small = 4,    // 16 bits
    large = 5,    // 64 bits
    real = 6,
    list = 7,  // comma-separated
    class_name = 8,
    password = 9,  // never shown
};

enum class SettingScope : uint8_t { broker = 1, topic = 2, both = 3, group = 4 };

// Another name under which the broker sets a topic setting, perhaps in another unit:
// log.retention.hours sets retention.ms, times 3,600,000.
struct Synonym {
    std::string_view name{};
    int64_t factor = 1;
};

struct Setting {
    std::string_view name{};
    SettingType type = SettingType::text;
    SettingScope scope = SettingScope::broker;
    // As text; without one the setting has no value until it is set.
    std::optional<std::string_view> standard{};
    // Of numbers, both included.
    int64_t least = std::numeric_limits<int64_t>::min();
    int64_t most = std::numeric_limits<int64_t>::max();
    // Of text, and of each item of a list; empty: anything. Separated by commas.
    std::string_view choices{};
    bool needs_items = false;  // a list that may not be empty
    // Of a topic setting: what stands behind it at the broker, first come first; empty names at the
    // end.
    std::array<Synonym, 3> synonyms{};
    bool dynamic = false;   // may change while the server runs
    bool one_node = false;  // ... and then for one broker, not for all of them
    bool internal = false;  // for tests and tuning: not described to clients
    bool ignored = false;   // accepted, because configurations are carried over; without effect
    bool fixed = false;     // ... but only at its default, for it asks for what is not here
    // What else is wrong with a value, for what the members above cannot say; empty when nothing.
    std::string (*wrong)(std::string_view value) = nullptr;
    std::string_view text{};  // for people

    [[nodiscard]] constexpr bool secret() const { return type == SettingType::password; }

    [[nodiscard]] constexpr bool has(SettingScope wanted) const {
        return (static_cast<unsigned>(scope) & static_cast<unsigned>(wanted)) != 0;
    }
};

// Every row, by name.
[[nodiscard]] std::span<const Setting> settings_table();
// The row of that name, when it has that scope.
[[nodiscard]] const Setting* find_setting(std::string_view name, SettingScope scope);

// Errors are invalid_config; the context is a sentence that names the limit, in Kafka's words.
[[nodiscard]] Status check_setting(const Setting& setting, std::string_view value);
// The one spelling of a value that passed: without blanks, numbers without leading zeros, ...
[[nodiscard]] std::string canonical(const Setting& setting, std::string_view value);

// What somebody set, by name.
using SettingValues = std::map<std::string, std::string, std::less<>>;

// Whether a topic may have these: each by itself, and all together.
[[nodiscard]] Status check_topic_settings(const SettingValues& values);

// Where an effective value comes from, numbered as DescribeConfigs does.
enum class SettingSource : int8_t {
    topic = 1,
    this_node = 2,  // set while it ran, for this broker
    all_nodes = 3,  // set while it ran, for every broker
    broker = 4,     // given at the start
    standard = 5,
    group = 8,
};

// A value in effect. `by` is the name that set it, which may be a synonym.
struct Effective {
    std::optional<std::string> value;  // none: not set, and there is no default
    SettingSource source = SettingSource::standard;
    std::string_view by;
};

// One of the values that stand behind an effective one, as it was set.
struct SettingOrigin {
    std::string_view name;
    std::string value;
    SettingSource source = SettingSource::standard;
};

// What the broker was given (command line, file), what was set while it ran, and the reading of
// every setting through them: this broker's goes before that of all brokers, and both before what
// was given.
// Asking for a name that is not in the table, or as another type than the row's, breaks an
// invariant.
class Settings {
public:
    // Unknown names and values outside the limits are invalid_config, the context a sentence. A
    // later value replaces an earlier one.
    Status set(std::string_view name, std::string_view value);
    [[nodiscard]] bool is_set(std::string_view name) const { return given_.contains(name); }
    // What was set while it ran replaces what was set before. Names and values that this program
    // would refuse do not count, for another version of it may have set them: gives their names.
    std::vector<std::string> set_dynamic(const SettingValues& all_nodes,
                                         const SettingValues& this_node);
    // Of all brokers, by name.
    [[nodiscard]] const SettingValues& set_for_all() const { return all_nodes_; }

    // Broker settings.
    [[nodiscard]] int64_t integer(std::string_view name) const;
    [[nodiscard]] bool boolean(std::string_view name) const;
    [[nodiscard]] double real(std::string_view name) const;
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
    // For settings that may have no value.
    [[nodiscard]] std::optional<std::string> find(std::string_view name) const;

    // Topic settings, with what the topic itself sets.
    [[nodiscard]] int64_t topic_integer(std::string_view name, const SettingValues& topic) const;
    [[nodiscard]] bool topic_boolean(std::string_view name, const SettingValues& topic) const;
    [[nodiscard]] double topic_real(std::string_view name, const SettingValues& topic) const;
    [[nodiscard]] std::string topic_text(std::string_view name, const SettingValues& topic) const;
    [[nodiscard]] std::vector<std::string> topic_list(std::string_view name,
                                                      const SettingValues& topic) const;
    // The size of a segment: internal.segment.bytes, which may be smaller than Kafka's minimum of
    // 1 MiB, before segment.bytes.
    [[nodiscard]] int64_t topic_segment_bytes(const SettingValues& topic) const;

    // The value in effect and who set it: what DescribeConfigs tells.
    [[nodiscard]] Effective effective(const Setting& broker_setting) const;
    [[nodiscard]] Effective effective(const Setting& topic_setting,
                                      const SettingValues& topic) const;
    // Of a group's settings; its limits are settings of the broker (group.consumer.min....).
    [[nodiscard]] Effective effective_of_group(const Setting& group_setting,
                                               const SettingValues& group) const;
    [[nodiscard]] std::vector<SettingOrigin> origins_of_group(const Setting& group_setting,
                                                              const SettingValues& group) const;
    // Everything that could give the value, in the order in which it counts.
    [[nodiscard]] std::vector<SettingOrigin> origins(const Setting& broker_setting) const;
    [[nodiscard]] std::vector<SettingOrigin> origins(const Setting& topic_setting,
                                                     const SettingValues& topic) const;

private:
    struct Layer {
        const SettingValues* values;
        SettingSource source;
    };
    [[nodiscard]] std::array<Layer, 3> layers() const;
    [[nodiscard]] Effective behind(const Setting& setting, std::span<const Synonym> names) const;
    [[nodiscard]] std::vector<SettingOrigin> all_behind(std::span<const Synonym> names) const;

    SettingValues given_;
    SettingValues all_nodes_;
    SettingValues this_node_;
};

// The parts of a comma-separated list, without the blanks around them and without empty parts.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

}  // namespace cambium
