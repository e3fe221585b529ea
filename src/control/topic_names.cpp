#include <algorithm>
#include <string>

#include "control/topics.hpp"

namespace cambium::control {

namespace {

constexpr size_t max_topic_name_bytes = 249;

bool legal(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

Status invalid(std::string why) {
    return Error{Errc::invalid_topic_exception, "Topic name is invalid: " + std::move(why)};
}

}  // namespace

Status check_topic_name(std::string_view name) {
    if (name.empty()) return invalid("the empty string is not allowed");
    if (name == "." || name == "..") return invalid("'" + std::string(name) + "' is not allowed");
    if (name.size() > max_topic_name_bytes) {
        return invalid("the length of '" + std::string(name) +
                       "' is longer than the max allowed length " +
                       std::to_string(max_topic_name_bytes));
    }
    if (!std::ranges::all_of(name, legal)) {
        return invalid("'" + std::string(name) +
                       "' contains one or more characters other than ASCII alphanumerics, '.', "
                       "'_' and '-'");
    }
    return {};
}

}  // namespace cambium::control
