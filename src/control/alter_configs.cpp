#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/number.hpp"
#include "base/settings.hpp"
#include "control/configs.hpp"
#include "meta/record.hpp"

namespace cambium::control {

namespace {

using meta::Configs;
using meta::Image;

Error refused(std::string text) { return {Errc::invalid_request, std::move(text)}; }
Error wrong_value(std::string text) { return {Errc::invalid_config, std::move(text)}; }

bool known(ConfigOperation operation) {
    return operation >= ConfigOperation::set && operation <= ConfigOperation::subtract;
}

std::string joined(const std::vector<std::string>& items, std::string_view between) {
    std::string out;
    for (const std::string& item : items) {
        if (!out.empty()) out += between;
        out += item;
    }
    return out;
}

// What a resource has, and what a name means to it.
struct Target {
    SettingScope scope = SettingScope::topic;
    Configs configs;
};

// The list that APPEND and SUBTRACT start from: what is set here, else the default.
std::vector<std::string> list_before(const Target& target, const Setting& setting) {
    const auto set = target.configs.find(setting.name);
    if (set != target.configs.end()) return split_list(set->second);
    return split_list(setting.standard.value_or(""));
}

Error no_list(const ConfigChange& change, SettingScope scope, bool known) {
    const bool append = change.operation == ConfigOperation::append;
    if (scope == SettingScope::topic)
        return wrong_value(std::string("Can't ") + (append ? "APPEND" : "SUBTRACT") + " to key " +
                           change.name + " because its type is not LIST.");
    if (!known) return wrong_value("Unknown config name: " + change.name);
    return wrong_value(std::string("Config value ") + (append ? "append" : "subtract") +
                       " is not allowed for config key: " + change.name);
}

// What stands between the commas, empty pieces too: the check of the list refuses them.
std::vector<std::string> pieces(const std::string& text) {
    std::vector<std::string> out;
    for (size_t at = 0;;) {
        const size_t comma = std::min(text.find(',', at), text.size());
        out.push_back(text.substr(at, comma - at));
        if (comma == text.size()) return out;
        at = comma + 1;
    }
}

Status apply_to_list(const ConfigChange& change, Target& target) {
    const Setting* const setting = find_setting(change.name, target.scope);
    if (setting == nullptr || setting->type != SettingType::list)
        return no_list(change, target.scope, setting != nullptr);
    std::vector<std::string> items = list_before(target, *setting);
    for (const std::string& item : pieces(*change.value)) {
        const auto found = std::ranges::find(items, item);
        if (change.operation == ConfigOperation::append && found == items.end())
            items.push_back(item);
        if (change.operation == ConfigOperation::subtract && found != items.end())
            items.erase(found);
    }
    target.configs[change.name] = joined(items, ",");
    return {};
}

Status apply(const ConfigRequest& asked, Target& target) {
    if (asked.replace) target.configs.clear();
    for (const ConfigChange& change : asked.changes) {
        switch (change.operation) {
            case ConfigOperation::set: target.configs[change.name] = *change.value; break;
            case ConfigOperation::remove: target.configs.erase(change.name); break;
            case ConfigOperation::append:
            case ConfigOperation::subtract:
                if (Status status = apply_to_list(change, target); !status.ok()) return status;
        }
    }
    return {};
}

// What can be said of a request without looking at what it is about.
Status check_form(const ConfigRequest& asked) {
    std::set<std::string_view> names;
    std::vector<std::string> nulls;
    for (const ConfigChange& change : asked.changes) {
        if (!names.insert(change.name).second) return refused("Error due to duplicate config keys");
        if (!known(change.operation))
            return refused("Unknown operation " +
                           std::to_string(static_cast<int>(change.operation)) + " on " +
                           change.name);
        if (change.operation != ConfigOperation::remove && !change.value)
            nulls.push_back(change.name);
    }
    if (!nulls.empty()) return refused("Null value not supported for : " + joined(nulls, ", "));
    return {};
}

Status check_size(const meta::Record& record) {
    if (meta::encoded_size(record) <= meta::max_record_bytes) return {};
    return wrong_value("The settings are larger than " + std::to_string(meta::max_record_bytes) +
                       " bytes together.");
}

// Of those that are not refused by their form alone.
class Alteration {
public:
    Alteration(const Image& image, NodeId self, const Limits& limits)
        : image_(image), self_(self), limits_(limits) {}

    // The facts that make the change; none when nothing changes.
    Result<std::vector<meta::Record>> decide(const ConfigRequest& asked) const {
        if (Status form = check_form(asked); !form.ok()) return form.error();
        switch (asked.type) {
            case ConfigType::topic: return topic(asked);
            case ConfigType::broker: return broker(asked);
            case ConfigType::broker_logger: return logger(asked);
            case ConfigType::group: return group(asked);
            case ConfigType::client_metrics: break;
        }
        return unknown_type(asked.type);
    }

private:
    static Error unknown_type(ConfigType type) {
        return refused("Unknown resource type " + std::to_string(static_cast<int>(type)));
    }

    // Values are looked at before the topic, as Kafka does.
    Result<std::vector<meta::Record>> topic(const ConfigRequest& asked) const {
        if (asked.name.empty()) return refused("Default topic resources are not allowed.");
        if (Status name = check_topic_name(asked.name); !name.ok()) return name.error();
        const meta::TopicRef found = image_.topic(asked.name);
        Target target{SettingScope::topic, found ? found->configs : Configs{}};
        if (Status status = apply(asked, target); !status.ok()) return status.error();
        if (Status status = check_topic_settings(target.configs); !status.ok())
            return status.error();
        if (!found)
            return Error{Errc::unknown_topic_or_partition,
                         "The topic '" + asked.name + "' does not exist."};
        return fact(found->configs, meta::TopicConfigRecord{found->id, std::move(target.configs)});
    }

    Result<std::vector<meta::Record>> broker(const ConfigRequest& asked) const {
        if (!asked.name.empty())
            if (Status name = check_node_name(asked.name, self_); !name.ok()) return name.error();
        const NodeId node = asked.name.empty() ? meta::all_nodes : self_;
        const Configs& before = image_.configs_of(node);
        Target target{SettingScope::broker, before};
        if (Status status = apply(asked, target); !status.ok()) return status.error();
        for (const ConfigChange& change : asked.changes)
            if (const auto set = target.configs.find(change.name); set != target.configs.end())
                if (Status status = check_dynamic(set->first, set->second, node); !status.ok())
                    return status.error();
        return fact(before, meta::NodeConfigRecord{node, std::move(target.configs)});
    }

    static Status check_dynamic(const std::string& name, const std::string& value, NodeId node) {
        const Setting* const setting = find_setting(name, SettingScope::broker);
        if (setting == nullptr) return wrong_value("Unknown config name: " + name);
        if (!setting->dynamic)
            return refused("Cannot update these configs dynamically: [" + name + "]");
        if (setting->one_node && node == meta::all_nodes)
            return refused(
                "Cannot update these configs at default cluster level, broker id must be "
                "specified: [" +
                name + "]");
        const Status checked = check_setting(*setting, value);
        if (!checked.ok()) return refused(checked.error().context);
        return {};
    }

    // Of a group of consumers, which need not be there yet.
    Result<std::vector<meta::Record>> group(const ConfigRequest& asked) const {
        if (asked.name.empty()) return refused("Default group resources are not allowed.");
        const Configs& before = image_.configs_of_group(asked.name);
        Target target{SettingScope::group, before};
        if (Status status = apply(asked, target); !status.ok()) return status.error();
        for (const auto& [name, value] : target.configs) {
            const Setting* const setting = find_setting(name, SettingScope::group);
            if (setting == nullptr) return wrong_value("Unknown group config name: " + name);
            if (Status status = check_setting(*setting, value); !status.ok()) return status.error();
        }
        if (Status status = check_ranges(target.configs); !status.ok()) return status.error();
        return fact(before, meta::GroupConfigRecord{asked.name, std::move(target.configs)});
    }

    Status check_ranges(const Configs& configs) const {
        const auto text = [](const GroupRange& range, std::string_view limit) {
            const size_t front = range.name.find('.') + 1;
            return "group.consumer." + std::string(limit) + range.name.substr(front);
        };
        int64_t session = 0;
        int64_t heartbeat = 0;
        for (const GroupRange& range : limits_.groups) {
            const auto set = configs.find(range.name);
            const int64_t value = set == configs.end()
                                      ? range.standard
                                      : whole_number<int64_t>(set->second).value_or(0);
            if (range.name == "consumer.session.timeout.ms") session = value;
            if (range.name == "consumer.heartbeat.interval.ms") heartbeat = value;
            if (set == configs.end()) continue;
            if (value < range.least)
                return wrong_value(range.name + " must be greater than or equal to " +
                                   text(range, "min."));
            if (value > range.most)
                return wrong_value(range.name + " must be less than or equal to " +
                                   text(range, "max."));
        }
        if (!limits_.groups.empty() && session <= heartbeat)
            return wrong_value(
                "consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms");
        return {};
    }

    // There are none: what is told goes to one place, in full.
    Result<std::vector<meta::Record>> logger(const ConfigRequest& asked) const {
        if (asked.replace) return unknown_type(asked.type);
        if (Status name = check_node_name(asked.name, self_); !name.ok()) {
            if (!parse_node_name(asked.name)) return name.error();
            return refused("Unexpected node id. Expected " + std::to_string(self_.value()) +
                           ", but received " + asked.name);
        }
        if (asked.changes.empty()) return std::vector<meta::Record>{};
        const ConfigChange& first = asked.changes.front();
        if (first.operation == ConfigOperation::append)
            return refused("APPEND operation is not allowed for the BROKER_LOGGER resource");
        if (first.operation == ConfigOperation::subtract)
            return refused("SUBTRACT operation is not allowed for the BROKER_LOGGER resource");
        return wrong_value("Logger " + first.name + " does not exist!");
    }

    template <class Fact>
    static Result<std::vector<meta::Record>> fact(const Configs& before, Fact after) {
        std::vector<meta::Record> facts;
        if (after.configs == before) return facts;
        facts.emplace_back(std::move(after));
        if (Status size = check_size(facts.front()); !size.ok()) return size.error();
        return facts;
    }

    const Image& image_;
    NodeId self_;
    const Limits& limits_;
};

}  // namespace

std::optional<NodeId> parse_node_name(std::string_view name) {
    if (name.starts_with('+') && !name.starts_with("+-")) name.remove_prefix(1);
    const auto id = whole_number<int32_t>(name);
    return id ? std::optional(NodeId(*id)) : std::nullopt;
}

Status check_node_name(const std::string& name, NodeId self) {
    const std::optional<NodeId> id = parse_node_name(name);
    if (!id) return refused("Node id must be an integer, but it is: " + name);
    if (*id == self) return {};
    return refused("Unexpected broker id, expected " + std::to_string(self.value()) +
                   ", but received " + name);
}

Decision<AlteredConfig> decide_configs(const Image& image,
                                       const std::vector<ConfigRequest>& request, NodeId self,
                                       const Limits& limits) {
    std::map<std::pair<ConfigType, std::string_view>, int> times;
    for (const ConfigRequest& asked : request) ++times[{asked.type, asked.name}];
    const Alteration alteration(image, self, limits);
    Decision<AlteredConfig> out;
    for (const ConfigRequest& asked : request) {
        AlteredConfig& answer = out.answers.emplace_back();
        answer.type = asked.type;
        answer.name = asked.name;
        if (times[{asked.type, asked.name}] > 1) {
            answer.status = refused("Each resource must appear at most once.");
        } else if (auto facts = alteration.decide(asked); facts.ok()) {
            std::ranges::move(*facts, std::back_inserter(out.facts));
        } else {
            answer.status = facts.error();
        }
    }
    return out;
}

}  // namespace cambium::control
