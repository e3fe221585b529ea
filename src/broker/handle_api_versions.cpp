#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "wire/messages/api_versions.hpp"

namespace cambium::broker {

namespace {

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
