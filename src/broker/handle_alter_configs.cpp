// AlterConfigs, IncrementalAlterConfigs and ListConfigResources: the controller decides, these
// translate (KIP-133, KIP-339, KIP-1142).
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "control/configs.hpp"
#include "wire/messages/alter_configs.hpp"
#include "wire/messages/list_config_resources.hpp"

namespace cambium::broker {

namespace {

using control::ConfigOperation;
using control::ConfigType;
using Listed = wire::ListConfigResourcesResponse;

control::ConfigRequest asked(wire::AlterConfigsRequest::Resource resource) {
    control::ConfigRequest out{.type = ConfigType{resource.resource_type},
                               .name = std::move(resource.resource_name),
                               .changes = {},
                               .replace = true};
    for (auto& [name, value] : resource.configs)
        out.changes.push_back({std::move(name), ConfigOperation::set, std::move(value)});
    return out;
}

control::ConfigRequest asked(wire::IncrementalAlterConfigsRequest::Resource resource) {
    control::ConfigRequest out{.type = ConfigType{resource.resource_type},
                               .name = std::move(resource.resource_name),
                               .changes = {},
                               .replace = false};
    for (auto& [name, operation, value] : resource.configs)
        out.changes.push_back({std::move(name), ConfigOperation{operation}, std::move(value)});
    return out;
}

wire::AlteredResource answer(control::AlteredConfig altered) {
    wire::AlteredResource out{.error_code = wire_code(altered.status.code()),
                              .error_message = {},
                              .resource_type = static_cast<int8_t>(altered.type),
                              .resource_name = std::move(altered.name)};
    if (altered.status.ok()) return out;
    const Error& error = altered.status.error();
    out.error_message = error.context.empty() ? std::string(sentence(error.code)) : error.context;
    return out;
}

template <class AlterRequest, class AlterResponse>
io::Task<Reply> alter(Services* services, Request* request) {
    auto decoded = wire::decode<AlterRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    std::vector<control::ConfigRequest> wanted;
    for (auto& resource : decoded->resources) wanted.push_back(asked(std::move(resource)));
    std::vector<control::AlteredConfig> altered =
        co_await services->controller->alter_configs(std::move(wanted), decoded->validate_only);
    AlterResponse response;
    for (control::AlteredConfig& each : altered)
        response.responses.push_back(answer(std::move(each)));
    co_return answer_with(response, *request);
}

// What of one type can have settings. Subscriptions to client metrics are not here yet.
void list(const meta::Image& image, ConfigType type, std::vector<Listed::Resource>& out) {
    const auto add = [&](std::string name) {
        out.push_back({std::move(name), static_cast<int8_t>(type)});
    };
    if (type == ConfigType::topic)
        for (const auto& [name, topic] : image.topics) add(name);
    if (type == ConfigType::group)
        for (const auto& [name, configs] : image.group_configs) add(name);
    if (type == ConfigType::broker || type == ConfigType::broker_logger)
        for (const auto& [id, node] : image.nodes) add(std::to_string(id.value()));
}

// In the order of Kafka's answer.
constexpr std::array every_type{ConfigType::client_metrics, ConfigType::group,
                                ConfigType::broker_logger, ConfigType::broker, ConfigType::topic};

}  // namespace

io::Task<Reply> handle_alter_configs(Services* services, Request* request) {
    return alter<wire::AlterConfigsRequest, wire::AlterConfigsResponse>(services, request);
}

io::Task<Reply> handle_incremental_alter_configs(Services* services, Request* request) {
    return alter<wire::IncrementalAlterConfigsRequest, wire::IncrementalAlterConfigsResponse>(
        services, request);
}

io::Task<Reply> handle_list_config_resources(Services* services, Request* request) {
    const auto decoded =
        wire::decode<wire::ListConfigResourcesRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    const meta::ImageRef image = services->controller->image();
    Listed response;
    const std::vector<int8_t>& types = decoded->resource_types;
    const bool first_version = request->version() == 0;
    for (const ConfigType type : every_type) {
        const bool wanted =
            types.empty() || std::ranges::find(types, static_cast<int8_t>(type)) != types.end();
        if (wanted && (!first_version || type == ConfigType::client_metrics))
            list(*image, type, response.config_resources);
    }
    const auto unknown = [](int8_t type) {
        return std::ranges::find(every_type, ConfigType{type}) == every_type.end();
    };
    if (std::ranges::any_of(types, unknown)) {
        response.config_resources.clear();
        response.error_code = wire_code(Errc::unsupported_version);
    }
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
