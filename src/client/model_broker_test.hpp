// A small model of a server for the client's tests: it keeps batches in memory, knows producers'
// sequences as Kafka does, and misbehaves as told. Its logs outlive its node's crashes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "io/gate.hpp"
#include "io/network.hpp"
#include "io/random.hpp"
#include "io/task.hpp"
#include "io/world.hpp"
#include "wire/api.hpp"
#include "wire/header.hpp"
#include "wire/messages/fetch.hpp"
#include "wire/messages/list_offsets.hpp"
#include "wire/messages/metadata.hpp"
#include "wire/messages/produce.hpp"
#include "wire/messages/topics.hpp"

namespace cambium::client {

struct ModelPartition {
    struct Producer {
        int16_t epoch = 0;
        int32_t next_sequence = 0;
        std::deque<std::pair<int32_t, Offset>> recent;  // first sequence and offset, the last five
    };
    std::vector<Buffer> batches;  // as stored, base offsets patched
    Offset start{0};
    Offset end{0};
    std::map<int64_t, Producer> producers;
    NodeId leader{1};

    Result<Offset> append(ByteView batch);
};

struct ModelTopic {
    Uuid id;
    std::vector<ModelPartition> partitions;
};

// What all servers of a model cluster share.
struct ModelCluster {
    std::map<std::string, ModelTopic, std::less<>> topics;
    std::map<NodeId, io::Address> servers;
    bool auto_create = true;
    int32_t default_partitions = 1;
    int64_t next_producer_id = 1000;

    ModelTopic& add(const std::string& name, int32_t partitions);
};

class ModelBroker {
public:
    // Listens on its node's name and port 9092.
    ModelBroker(io::World world, ModelCluster& cluster, NodeId id, std::string host);

    io::Task<Status> start();
    io::Task<void> stop();

    // Asked before a request is carried out: an error answers it instead (per partition).
    std::function<Errc(wire::ApiKey, const TopicPartition&)> refuse;
    // The connection ends before (first) or after (second) a Produce is carried out.
    double lose_request = 0;
    double lose_answer = 0;
    // Requests that get no answer at all.
    std::function<bool(wire::ApiKey)> ignore;
    // Highest version by API, to look like an older server.
    std::map<wire::ApiKey, int16_t> version_max;
    std::map<wire::ApiKey, int> served;        // requests
    std::map<wire::ApiKey, int16_t> versions;  // of the last request

private:
    io::Task<void> accept_loop();
    io::Task<void> serve(std::unique_ptr<io::Stream> stream);
    // False ends the connection.
    io::Task<bool> answer(io::Stream* stream, Buffer frame);
    io::Task<Result<Buffer>> receive(io::Stream* stream);
    [[nodiscard]] Errc refusal(wire::ApiKey api, const TopicPartition& partition) const;
    [[nodiscard]] int16_t highest(wire::ApiKey api) const;

    Status carry_out(const wire::Request& request, Buffer& out);
    Status api_versions(const wire::Request& request, Buffer& out);
    wire::MetadataResponse metadata(const wire::MetadataRequest& request);
    wire::ProduceResponse produce(const wire::ProduceRequest& request);
    wire::FetchedResponse fetch(const wire::FetchRequest& request, std::list<Buffer>& records);
    wire::ListOffsetsResponse list_offsets(const wire::ListOffsetsRequest& request);
    wire::CreateTopicsResponse create(const wire::CreateTopicsRequest& request);
    wire::DeleteTopicsResponse remove(const wire::DeleteTopicsRequest& request);
    // By name, or by id when the name is empty.
    ModelTopic* topic(std::string_view name, const Uuid& id, std::string& found_name);

    io::World world_;
    ModelCluster& cluster_;
    NodeId id_;
    std::string host_;
    io::Random random_;
    std::unique_ptr<io::Listener> listener_;
    std::list<io::Stream*> streams_;  // each lives in its serve()
    bool stopping_ = false;
    std::unique_ptr<io::Gate> gate_;
};

}  // namespace cambium::client
