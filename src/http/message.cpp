#include "http/message.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>

namespace cambium::http {
namespace {

constexpr auto reasons = std::to_array<std::pair<int, std::string_view>>({
    {200, "OK"},
    {204, "No Content"},
    {400, "Bad Request"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
});

bool same_letters(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// A line break in a field would let its value begin a field or a body of its own.
bool one_line(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void add_field(std::string& out, std::string_view name, std::string_view value) {
    if (!one_line(name) || !one_line(value)) return;
    out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view Request::field(std::string_view name) const {
    const auto found = std::ranges::find_if(
        fields, [&](const Field& field) { return same_letters(field.name, name); });
    return found == fields.end() ? std::string_view{} : std::string_view(found->value);
}

std::string_view reason(int status) {
    const auto* const found =
        std::ranges::find(reasons, status, &std::pair<int, std::string_view>::first);
    return found == reasons.end() ? std::string_view{} : found->second;
}

Response plain(int status, std::string_view sentence) {
    Response response;
    response.status = status;
    response.body.append(sentence).append("\n");
    return response;
}

std::string serialize(const Response& response, bool keep_alive, bool to_head) {
    std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
    out.append(reason(response.status)).append("\r\n");
    add_field(out, "Content-Type", response.content_type);
    add_field(out, "Content-Length", std::to_string(response.body.size()));
    add_field(out, "Connection", keep_alive ? "keep-alive" : "close");
    add_field(out, "X-Content-Type-Options", "nosniff");
    for (const Field& field : response.fields) add_field(out, field.name, field.value);
    out.append("\r\n");
    if (!to_head) out.append(response.body);
    return out;
}

}  // namespace cambium::http
