#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "wire/messages/api_versions.hpp"

namespace cambium::broker {

namespace {

// Groups of the consumer protocol are served (KIP-848).
constexpr std::string_view group_feature = "group.version";
constexpr int16_t group_level = 1;
constexpr int first_with_level_0 = 4;

// [a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])? as in KIP-511.
bool is_software_word(std::string_view text) {
    const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    if (text.empty() || !letter(text.front()) || !letter(text.back())) return false;
    return std::ranges::all_of(text,
                               [letter](char c) { return letter(c) || c == '-' || c == '.'; });
}

wire::ApiVersionsResponse::Api entry(const HandlerRow& row) {
    return {.api_key = static_cast<int16_t>(row.api),
            .min_version = static_cast<int16_t>(row.advertised.first),
            .max_version = static_cast<int16_t>(row.advertised.last)};
}

}  // namespace

io::Task<Reply> handle_api_versions(Services* services, Request* request) {
    (void)services;
    const auto decoded = wire::decode<wire::ApiVersionsRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    wire::ApiVersionsResponse response;
    const bool named = request->version() >= 3;
    if (named && (!is_software_word(decoded->client_software_name) ||
                  !is_software_word(decoded->client_software_version))) {
        response.error_code = wire_code(Errc::invalid_request);
        co_return answer_with(response, *request);
    }
    for (const HandlerRow& row : handler_table()) {
        if (row.feature.empty()) response.api_keys.push_back(entry(row));
    }
    // No feature is finalised before a room stands behind it: clients switch behaviour by these.
    // A client of version 3 does not understand one that may be level 0.
    if (request->version() >= first_with_level_0)
        response.supported_features.push_back(
            {.name = std::string(group_feature), .min_version = 0, .max_version = group_level});
    response.finalized_features.push_back({.name = std::string(group_feature),
                                           .max_version_level = group_level,
                                           .min_version_level = group_level});
    response.finalized_features_epoch = 0;
    co_return answer_with(response, *request);
}

Reply unknown_api_versions(const Request& request) {
    wire::ApiVersionsResponse response;
    response.error_code = wire_code(Errc::unsupported_version);
    response.api_keys.push_back(entry(*find_handler(wire::ApiKey::api_versions)));
    Buffer out;
    const Status encoded = wire::encode_response(response, 0, request.header.correlation_id, out);
    if (!encoded.ok()) return Reply::close(encoded.error().text());
    return Reply::with(Answer(std::move(out)));
}

}  // namespace cambium::broker
