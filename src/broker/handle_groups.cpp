// DescribeGroups, ListGroups, DeleteGroups: what tools ask about groups and do to them.
#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/handlers.hpp"
#include "broker/mentions.hpp"
#include "broker/operations.hpp"
#include "broker/services.hpp"
#include "wire/messages/groups.hpp"

namespace cambium::broker {

namespace {

bool same_letters(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) ==
               std::tolower(static_cast<unsigned char>(y));
    });
}

// An empty filter wants everything.
bool wanted(const std::vector<std::string>& filter, std::string_view value) {
    return filter.empty() || std::ranges::any_of(filter, [value](const std::string& one) {
               return same_letters(one, value);
           });
}

}  // namespace

io::Task<Reply> handle_describe_groups(Services* services, Request* request) {
    const auto decoded =
        wire::decode<wire::DescribeGroupsRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    wire::DescribeGroupsResponse response;
    Mentions<std::string_view> mentions;
    for (const std::string& group : decoded->groups) {
        if (!mentions.answered(group)) continue;
        response.groups.push_back(services->groups->describe(group, request->version()));
        if (decoded->include_authorized_operations)
            response.groups.back().authorized_operations = group_operations;
    }
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_list_groups(Services* services, Request* request) {
    const auto decoded = wire::decode<wire::ListGroupsRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    wire::ListGroupsResponse response;
    auto all = services->groups->list();
    response.error_code = wire_code(all.code());
    if (all.ok())
        std::ranges::copy_if(*all, std::back_inserter(response.groups),
                             [&](const wire::ListGroupsResponse::Group& group) {
                                 return wanted(decoded->states_filter, group.group_state) &&
                                        wanted(decoded->types_filter, group.group_type);
                             });
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_delete_groups(Services* services, Request* request) {
    const auto decoded = wire::decode<wire::DeleteGroupsRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    wire::DeleteGroupsResponse response;
    std::set<std::string> seen;
    for (const std::string& group : decoded->groups_names) {
        if (!seen.insert(group).second) continue;
        const Errc code = co_await services->groups->delete_group(group, &request->waiting);
        response.results.push_back({.group_id = group, .error_code = wire_code(code)});
    }
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
