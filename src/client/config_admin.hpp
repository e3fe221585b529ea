// Settings of topics and servers: what people and tools ask a cluster for and change in it.
//
// As Admin (client/admin.hpp): every call retries what is worth retrying until its deadline, other
// errors come back with the server's own words. A change says what shall be, so sending it again is
// no harm. One loop; the client outlives it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "client/client.hpp"
#include "io/task.hpp"
#include "wire/messages/alter_configs.hpp"
#include "wire/messages/describe_configs.hpp"
#include "wire/messages/list_config_resources.hpp"

namespace cambium::client {

// What has settings. A broker goes by its id; without a name it stands for all brokers.
struct ConfigSubject {
    enum class Kind : int8_t { topic = 2, broker = 4 };
    Kind kind = Kind::topic;
    std::string name{};
    bool operator==(const ConfigSubject&) const = default;
};

using DescribedConfig = wire::DescribeConfigsResponse::Resource::Config;
using ConfigEdit = wire::IncrementalAlterConfigsRequest::Resource::Config;

// What ConfigEdit::config_operation may be.
namespace config_edit {
inline constexpr int8_t set = 0;
inline constexpr int8_t remove = 1;
inline constexpr int8_t append = 2;
inline constexpr int8_t subtract = 3;
}  // namespace config_edit

class ConfigAdmin {
public:
    explicit ConfigAdmin(Client& client) : client_(client) {}

    // By name, with what stands behind each and its documentation. Errors:
    // unknown_topic_or_partition, invalid_request, ...
    io::Task<Result<std::vector<DescribedConfig>>> describe(ConfigSubject subject);
    // All of `edits` or none; with `validate_only` none. Errors: invalid_config, invalid_request,
    // unknown_topic_or_partition, ...
    io::Task<Status> alter(ConfigSubject subject, std::vector<ConfigEdit> edits,
                           bool validate_only);
    // Every topic and every broker.
    io::Task<Result<std::vector<ConfigSubject>>> list();
    // That the topic shall have; already served when this ends. Errors: invalid_partitions, ...
    io::Task<Status> create_partitions(std::string topic, int32_t count, bool validate_only);

private:
    // To the broker that `subject` names, else to any server.
    template <class Response, class Request>
    io::Task<Result<Reply<Response>>> ask(ConfigSubject subject, Request request);

    Client& client_;
};

}  // namespace cambium::client
