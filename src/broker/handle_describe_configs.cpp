// DescribeConfigs: what settings topics and this broker have, and where each value comes from
// (KIP-133, KIP-226).
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/settings.hpp"
#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "control/configs.hpp"
#include "control/topics.hpp"
#include "wire/messages/describe_configs.hpp"

namespace cambium::broker {

namespace {

using control::ConfigType;
using Wanted = wire::DescribeConfigsRequest::Resource;
using Described = wire::DescribeConfigsResponse::Resource;
using Config = Described::Config;

class Describer {
public:
    Describer(const Services& services, const wire::DescribeConfigsRequest& request)
        : services_(services), request_(request) {}

    Described describe(const Wanted& wanted) const {
        Described out;
        out.resource_type = wanted.resource_type;
        out.resource_name = wanted.resource_name;
        const Status status = fill(wanted, out);
        out.error_message = "";
        if (status.ok()) return out;
        out.error_code = wire_code(status.code());
        out.error_message = status.error().context;
        return out;
    }

private:
    Status fill(const Wanted& wanted, Described& out) const {
        switch (ConfigType{wanted.resource_type}) {
            case ConfigType::topic: return topic(wanted, out);
            case ConfigType::broker:
                return wanted.resource_name.empty() ? all_brokers(wanted, out)
                                                    : broker(wanted, out);
            // There are no loggers: what is told goes to one place, in full.
            case ConfigType::broker_logger:
                if (wanted.resource_name.empty())
                    return Error{Errc::invalid_request, "Broker id must not be empty"};
                return check_self(wanted.resource_name, "");
            case ConfigType::group: return group(wanted, out);
            case ConfigType::client_metrics: break;
        }
        return Error{Errc::invalid_request,
                     "This most likely occurs because of a request being malformed by the client "
                     "library or the message was sent to an incompatible broker. See the broker "
                     "logs for more details."};
    }

    Status topic(const Wanted& wanted, Described& out) const {
        if (Status name = control::check_topic_name(wanted.resource_name); !name.ok()) return name;
        const meta::TopicRef topic = services_.controller->image()->topic(wanted.resource_name);
        if (topic == nullptr) return Errc::unknown_topic_or_partition;
        const Settings& settings = *services_.settings;
        for (const Setting& setting : settings_table()) {
            if (!described(setting, SettingScope::topic, wanted)) continue;
            const Effective effective = settings.effective(setting, topic->configs);
            if (!hidden(setting, effective))
                out.configs.push_back(
                    config(setting, effective, settings.origins(setting, topic->configs)));
        }
        return {};
    }

    // Of a group that need not be there.
    Status group(const Wanted& wanted, Described& out) const {
        if (wanted.resource_name.empty())
            return Error{Errc::invalid_request, "Group name must not be empty"};
        const meta::ImageRef image = services_.controller->image();
        const SettingValues& configs = image->configs_of_group(wanted.resource_name);
        const Settings& settings = *services_.settings;
        for (const Setting& setting : settings_table())
            if (described(setting, SettingScope::group, wanted))
                out.configs.push_back(config(setting, settings.effective_of_group(setting, configs),
                                             settings.origins_of_group(setting, configs)));
        return {};
    }

    Status broker(const Wanted& wanted, Described& out) const {
        if (Status self = check_self(wanted.resource_name, " or empty string,"); !self.ok())
            return self;
        const Settings& settings = *services_.settings;
        for (const Setting& setting : settings_table()) {
            if (!described(setting, SettingScope::broker, wanted)) continue;
            const Effective effective = settings.effective(setting);
            if (!hidden(setting, effective))
                out.configs.push_back(of_broker(setting, effective, settings.origins(setting)));
        }
        return {};
    }

    // Only what was set for all of them while they ran.
    Status all_brokers(const Wanted& wanted, Described& out) const {
        const Settings& settings = *services_.settings;
        for (const auto& [name, value] : settings.set_for_all()) {
            const Setting* const setting = find_setting(name, SettingScope::broker);
            if (setting == nullptr || !described(*setting, SettingScope::broker, wanted)) continue;
            std::vector<SettingOrigin> origins = settings.origins(*setting);
            std::erase_if(origins, [](const SettingOrigin& origin) {
                return origin.source != SettingSource::all_nodes;
            });
            out.configs.push_back(of_broker(
                *setting, {canonical(*setting, value), SettingSource::all_nodes, setting->name},
                std::move(origins)));
        }
        return {};
    }

    [[nodiscard]] Status check_self(const std::string& name, std::string_view or_else) const {
        const std::optional<NodeId> id = control::parse_node_name(name);
        if (!id)
            return Error{Errc::invalid_request, "Broker id must be an integer, but it is: " + name};
        if (*id == services_.node) return {};
        return Error{Errc::invalid_request, "Unexpected broker id, expected " +
                                                std::to_string(services_.node.value()) +
                                                std::string(or_else) + " but received " + name};
    }

    // No keys, and none at all, ask for everything.
    static bool described(const Setting& setting, SettingScope scope, const Wanted& wanted) {
        if (!setting.has(scope)) return false;
        const auto& keys = wanted.configuration_keys;
        return !keys || keys->empty() || std::ranges::find(*keys, setting.name) != keys->end();
    }
    static bool hidden(const Setting& setting, const Effective& effective) {
        return setting.internal && effective.source == SettingSource::standard;
    }

    [[nodiscard]] Config of_broker(const Setting& setting, const Effective& effective,
                                   std::vector<SettingOrigin> origins) const {
        Config out = config(setting, effective, std::move(origins));
        out.read_only = !setting.dynamic;
        return out;
    }

    [[nodiscard]] Config config(const Setting& setting, const Effective& effective,
                                std::vector<SettingOrigin> origins) const {
        Config out;
        out.name = setting.name;
        out.is_sensitive = setting.secret();
        if (!setting.secret()) out.value = effective.value;
        out.config_source = static_cast<int8_t>(effective.source);
        out.config_type = static_cast<int8_t>(setting.type);
        if (request_.include_documentation) out.documentation = std::string(setting.text);
        if (!request_.include_synonyms) return out;
        for (SettingOrigin& origin : origins) {
            std::optional<std::string> value;
            if (!setting.secret()) value = std::move(origin.value);
            out.synonyms.push_back({.name = std::string(origin.name),
                                    .value = std::move(value),
                                    .source = static_cast<int8_t>(origin.source)});
        }
        return out;
    }

    const Services& services_;
    const wire::DescribeConfigsRequest& request_;
};

}  // namespace

io::Task<Reply> handle_describe_configs(Services* services, Request* request) {
    const auto decoded =
        wire::decode<wire::DescribeConfigsRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    const Describer describer(*services, *decoded);
    wire::DescribeConfigsResponse response;
    for (const Wanted& wanted : decoded->resources)
        response.results.push_back(describer.describe(wanted));
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
