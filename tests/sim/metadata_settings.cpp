#include "metadata_settings.hpp"

#include <array>
#include <utility>

namespace cambium::history {
namespace {

using control::ConfigOperation;

// A number, and a list whose default is "delete", at topics and at brokers.
struct Names {
    std::array<const char*, 3> numbers;
    const char* list;
};
constexpr Names of_topics{{"retention.ms", "max.message.bytes", "flush.messages"},
                          "cleanup.policy"};
constexpr Names of_brokers{{"log.retention.ms", "message.max.bytes", "log.flush.interval.messages"},
                           "log.cleanup.policy"};

void draw_number(const Names& names, SettingsChange& change, io::Random& random) {
    const std::string name = names.numbers.at(static_cast<size_t>(random.between(0, 2)));
    if (random.chance(0.35)) {
        change.request.changes.push_back({name, ConfigOperation::remove, std::nullopt});
        change.after.erase(name);
        return;
    }
    const std::string value =
        random.chance(0.1) ? "many" : std::to_string(random.between(1, 1'000'000));
    if (value == "many") change.valid = false;
    change.request.changes.push_back({name, ConfigOperation::set, value});
    change.after[name] = value;
}

// The list is nothing, or "delete" with or without "compact" behind it.
void draw_list(const Names& names, SettingsChange& change, io::Random& random) {
    const bool append = random.chance(0.6);
    change.request.changes.push_back(
        {names.list, append ? ConfigOperation::append : ConfigOperation::subtract, "compact"});
    change.after[names.list] = append ? "delete,compact" : "delete";
}

}  // namespace

SettingsChange draw_change(control::ConfigType type, const std::string& name,
                           const meta::Configs& before, io::Random& random) {
    SettingsChange change;
    change.request.type = type;
    change.request.name = name;
    change.request.replace = random.chance(0.2);
    change.validate_only = random.chance(0.1);
    if (!change.request.replace) change.after = before;
    const Names& names = type == control::ConfigType::topic ? of_topics : of_brokers;
    draw_number(names, change, random);
    // AlterConfigs has no lists to add to, and only sets.
    if (!change.request.replace && random.chance(0.4)) draw_list(names, change, random);
    if (change.request.replace && change.request.changes[0].operation == ConfigOperation::remove)
        change.request.changes.clear();
    return change;
}

}  // namespace cambium::history
