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
#include "control/topics.hpp"
#include "wire/messages/describe_configs.hpp"

namespace cambium::broker {

namespace {

using Wanted = wire::DescribeConfigsRequest::Resource;
using Described = wire::DescribeConfigsResponse::Resource;
using Config = Described::Config;

constexpr int8_t topic_resource = 2;
constexpr int8_t broker_resource = 4;

class Describer {
public:
    Describer(const Services& services, const wire::DescribeConfigsRequest& request)
        : services_(services), request_(request) {}

    Described describe(const Wanted& wanted) const {
        Described out;
        out.resource_type = wanted.resource_type;
        out.resource_name = wanted.resource_name;
        Status status = Error{Errc::invalid_request,
                              "Unsupported resource type: " + std::to_string(wanted.resource_type)};
        if (wanted.resource_type == topic_resource) status = topic(wanted, out);
        if (wanted.resource_type == broker_resource) status = broker(wanted, out);
        if (status.ok()) return out;
        out.error_code = wire_code(status.code());
        const std::string& why = status.error().context;
        out.error_message = why.empty() ? std::string(sentence(status.code())) : why;
        return out;
    }

private:
    Status topic(const Wanted& wanted, Described& out) const {
        if (Status name = control::check_topic_name(wanted.resource_name); !name.ok()) return name;
        const meta::TopicRef topic = services_.controller->image()->topic(wanted.resource_name);
        if (topic == nullptr) return Errc::unknown_topic_or_partition;
        for (const Setting& setting : settings_table()) {
            if (!described(setting, SettingScope::topic, wanted)) continue;
            Config config = begin(setting, services_.settings->effective(setting, topic->configs));
            if (request_.include_synonyms) topic_synonyms(setting, topic->configs, config);
            out.configs.push_back(std::move(config));
        }
        return {};
    }

    Status broker(const Wanted& wanted, Described& out) const {
        // The empty name asks for what is set dynamically for all brokers: nothing.
        if (wanted.resource_name.empty()) return {};
        const std::string self = std::to_string(services_.node.value());
        if (wanted.resource_name != self)
            return Error{Errc::invalid_request, "Unexpected broker id, expected " + self +
                                                    " or empty string, but received " +
                                                    wanted.resource_name};
        for (const Setting& setting : settings_table()) {
            if (!described(setting, SettingScope::broker, wanted)) continue;
            const Effective effective = services_.settings->effective(setting);
            Config config = begin(setting, effective);
            config.read_only = !setting.dynamic;
            if (request_.include_synonyms) {
                if (effective.source == SettingSource::broker)
                    add_synonym(config, effective.by, effective.value, SettingSource::broker);
                add_standard(config, setting.name, setting);
            }
            out.configs.push_back(std::move(config));
        }
        return {};
    }

    static bool described(const Setting& setting, SettingScope scope, const Wanted& wanted) {
        if (setting.internal || !setting.has(scope)) return false;
        const auto& keys = wanted.configuration_keys;
        return !keys || std::ranges::find(*keys, setting.name) != keys->end();
    }

    Config begin(const Setting& setting, const Effective& effective) const {
        Config config;
        config.name = setting.name;
        config.value = effective.value;
        config.config_source = static_cast<int8_t>(effective.source);
        config.config_type = static_cast<int8_t>(setting.type);
        if (request_.include_documentation) config.documentation = std::string(setting.text);
        return config;
    }

    // What could give the value, in the order in which it counts.
    void topic_synonyms(const Setting& setting, const SettingValues& topic, Config& config) const {
        if (const auto own = topic.find(setting.name); own != topic.end())
            add_synonym(config, setting.name, own->second, SettingSource::topic);
        const SettingValues& given = services_.settings->given();
        for (const Synonym& synonym : setting.synonyms) {
            if (const auto set = given.find(synonym.name); set != given.end())
                add_synonym(config, synonym.name, set->second, SettingSource::broker);
        }
        const std::string_view behind = setting.synonyms[0].name;
        add_standard(config, behind.empty() ? setting.name : behind, setting);
    }
    static void add_standard(Config& config, std::string_view name, const Setting& setting) {
        if (setting.standard)
            add_synonym(config, name, std::string(*setting.standard), SettingSource::standard);
    }
    static void add_synonym(Config& config, std::string_view name, std::optional<std::string> value,
                            SettingSource source) {
        config.synonyms.push_back({.name = std::string(name),
                                   .value = std::move(value),
                                   .source = static_cast<int8_t>(source)});
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
