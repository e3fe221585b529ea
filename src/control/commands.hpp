// What waits for its turn in the controller: each command is a decision and where its answer goes.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "control/configs.hpp"
#include "control/controller.hpp"
#include "control/partitions.hpp"
#include "control/topics.hpp"
#include "io/event.hpp"
#include "io/random.hpp"
#include "meta/image.hpp"
#include "meta/record.hpp"

namespace cambium::control {

// Lives in the frame of whoever asked, until `done`.
class Command {
public:
    Command() = default;
    Command(const Command&) = delete;
    Command& operator=(const Command&) = delete;
    virtual ~Command() = default;

    // The facts to log, given everything that was decided before; none when nothing changes.
    virtual std::vector<meta::Record> decide(const meta::Image& image) = 0;

    // Ok: the facts are durable and replayed.
    io::Once<Status> done;
};

class CreateTopics : public Command {
public:
    struct Parts {
        const Limits* limits;
        io::Random* random;
    };
    CreateTopics(Parts parts, std::vector<NewTopic> request, bool validate_only)
        : parts_(parts), request_(std::move(request)), validate_only_(validate_only) {}
    std::vector<meta::Record> decide(const meta::Image& image) override;
    // After `done` gave `status`.
    std::vector<CreatedTopic> answers(const Status& status);

private:
    Parts parts_;
    std::vector<NewTopic> request_;
    bool validate_only_;
    std::vector<CreatedTopic> answers_;
};

class DeleteTopics : public Command {
public:
    DeleteTopics(const Limits* limits, std::vector<TopicSelector> request)
        : limits_(limits), request_(std::move(request)) {}
    std::vector<meta::Record> decide(const meta::Image& image) override;
    std::vector<DeletedTopic> answers(const Status& status);

private:
    const Limits* limits_;
    std::vector<TopicSelector> request_;
    std::vector<DeletedTopic> answers_;
};

class CreatePartitions : public Command {
public:
    CreatePartitions(CreateTopics::Parts parts, std::vector<MorePartitions> request,
                     bool validate_only)
        : parts_(parts), request_(std::move(request)), validate_only_(validate_only) {}
    std::vector<meta::Record> decide(const meta::Image& image) override;
    std::vector<GrownTopic> answers(const Status& status);

private:
    CreateTopics::Parts parts_;
    std::vector<MorePartitions> request_;
    bool validate_only_;
    std::vector<GrownTopic> answers_;
};

class AlterConfigs : public Command {
public:
    AlterConfigs(NodeId self, const Limits* limits, std::vector<ConfigRequest> request,
                 bool validate_only)
        : self_(self),
          limits_(limits),
          request_(std::move(request)),
          validate_only_(validate_only) {}
    std::vector<meta::Record> decide(const meta::Image& image) override;
    std::vector<AlteredConfig> answers(const Status& status);

private:
    NodeId self_;
    const Limits* limits_;
    std::vector<ConfigRequest> request_;
    bool validate_only_;
    std::vector<AlteredConfig> answers_;
};

class AllocateProducerIds : public Command {
public:
    explicit AllocateProducerIds(NodeId node) : node_(node) {}
    std::vector<meta::Record> decide(const meta::Image& image) override;
    [[nodiscard]] const ProducerIdBlock& block() const { return block_; }

private:
    NodeId node_;
    ProducerIdBlock block_;
};

// This node as it is now; `self` outlives the command.
class RegisterNode : public Command {
public:
    explicit RegisterNode(const meta::Node* self) : self_(self) {}
    std::vector<meta::Record> decide(const meta::Image& image) override;

private:
    const meta::Node* self_;
};

}  // namespace cambium::control
