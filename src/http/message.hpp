// What an HTTP/1.1 exchange is about: a request as it was asked, a response as it will be sent.
//
// Values only. Field names are compared without regard to case (RFC 9110, section 5.1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cambium::http {

struct Field {
    std::string name;
    std::string value;
};

struct Request {
    std::string method;  // "GET", as sent
    std::string path;    // the target up to the query: "/metrics"
    std::string query;   // what follows the first '?', undecoded
    std::vector<Field> fields;
    std::string body;
    bool keep_alive = true;  // whether the connection may serve another request

    // The first field of that name; empty when there is none.
    [[nodiscard]] std::string_view field(std::string_view name) const;
};

struct Response {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<Field> fields;  // besides those that every response has
};

// "Not Found"; empty for a number without a name.
[[nodiscard]] std::string_view reason(int status);

// A response as plain text: a status and one sentence.
[[nodiscard]] Response plain(int status, std::string_view sentence);

// The whole response as sent. `to_head` leaves the body out and keeps its length (RFC 9110, 9.3.2).
[[nodiscard]] std::string serialize(const Response& response, bool keep_alive, bool to_head);

}  // namespace cambium::http
