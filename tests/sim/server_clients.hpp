// The clients of scenario `server`: each lives on a node of its own, produces to some partitions
// and reads all of them through our client library over the simulated network.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/client.hpp"
#include "client/consumer.hpp"
#include "client/producer.hpp"
#include "io/gate.hpp"
#include "io/random.hpp"
#include "ledger.hpp"
#include "sim/node.hpp"

namespace cambium::history {

struct KnownTopic {
    std::string name;
    Uuid id;
    int32_t partitions = 0;
    bool log_append_time = false;
};

class ServerClient : private client::DeliveryListener {
public:
    struct Options {
        int32_t number = 0;
        bool idempotent = true;
        int16_t acks = -1;
        Codec codec = Codec::none;
        int64_t value_bytes_max = 100;
        int64_t burst_max = 5;  // records sent without a pause
        io::Duration pause_max{10'000'000};
        io::Duration linger{1'000'000};
        int32_t fetch_bytes_max = 1 << 20;
        bool records_go = false;  // the oldest ones, under the reader
    };
    using Complaint = std::function<void(std::string checker, std::string what)>;
    // Told when the answer to a record arrives.
    using Delivery = std::function<void(const PartitionKey& partition, Offset offset)>;

    ServerClient(sim::Node& node, io::Address server, Options options, Ledger* ledger,
                 io::Random random, Complaint complain, Delivery delivery);
    ~ServerClient() override = default;

    // Begins to produce to and to read `topics`.
    void start(std::vector<KnownTopic> topics);
    // No more records; what was sent goes on. Complete when all of it is delivered or failed.
    void stop_producing() { producing_ = false; }
    [[nodiscard]] bool settled() const { return !producing_ && !sending_ && unanswered_ == 0; }
    io::Task<void> close();

    [[nodiscard]] int64_t delivered_count() const { return delivered_; }
    // Offsets below this one of a partition have been given to this reader.
    [[nodiscard]] std::optional<Offset> position(const TopicPartition& partition) const {
        return consumer_.position(partition);
    }

private:
    struct Sent {
        PartitionKey partition;
        RecordName name;
    };
    io::Task<void> produce();
    io::Task<void> send_one();
    io::Task<void> consume();
    void take(const client::ConsumedRecord& record);
    void delivered(uint64_t tag, const Result<client::Delivered>& result) override;
    io::Task<void> pause(io::Duration time);

    sim::Node& node_;
    Options options_;
    Ledger* ledger_;
    io::Random random_;
    Complaint complain_;
    Delivery delivery_;
    client::Client client_;
    client::Producer producer_;
    client::Consumer consumer_;
    std::vector<KnownTopic> topics_;
    std::map<uint64_t, Sent> sent_;  // by tag, until answered
    uint64_t next_tag_ = 1;
    int64_t next_number_ = 0;
    int64_t unanswered_ = 0;
    int64_t delivered_ = 0;
    bool producing_ = true;
    bool sending_ = false;
    bool closing_ = false;
    io::Gate gate_;
};

// What the header of a record says when it was made; the record must say the same, unless the topic
// has the server's clock. The sentence says what is wrong.
inline constexpr std::string_view made_header = "made";
[[nodiscard]] std::optional<std::string> wrong_time(const client::ConsumedRecord& record,
                                                    const KnownTopic& topic);

// How clients of a history reach the server: short waits, so that a history is not one long
// time-out.
[[nodiscard]] client::ClientOptions client_options(io::Address server, io::Random& random);

}  // namespace cambium::history
