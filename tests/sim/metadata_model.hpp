// What the clients of the controller know about its topics, settings and producer ids (checker 7).
//
// One operation at a time is under way for each name, so after any crash a topic, and the settings
// of a broker, are what they were or what they were about to become, and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/types.hpp"
#include "control/controller.hpp"
#include "meta/image.hpp"
#include "metadata_settings.hpp"

namespace cambium::history {

class MetadataModel {
public:
    using Violation = std::function<void(std::string checker, std::string what)>;
    explicit MetadataModel(Violation violation) : violation_(std::move(violation)) {}

    struct Known {
        bool exists = false;
        Uuid id;  // of the topic that exists
        size_t partitions = 0;
        meta::Configs configs{};
    };
    [[nodiscard]] Known known(const std::string& name) const;
    // The answer to the last operation left open what happened: nothing more can be asked for this
    // name in this life.
    [[nodiscard]] bool uncertain(const std::string& name) const;

    // Around an operation on `name`; `done` with the answer, or not at all when a crash came
    // between.
    void creating(const std::string& name, size_t partitions);
    void created(const std::string& name, const control::CreatedTopic& answer);
    void deleting(const std::string& name);
    void deleted(const std::string& name, const Status& status);
    void allocated(const control::ProducerIdBlock& block);
    // The same for settings: of a topic, or of a broker.
    [[nodiscard]] const meta::Configs& settings(NodeId node) const;
    [[nodiscard]] bool uncertain(NodeId node) const;
    void altering(const SettingsChange& change);
    // `image` is the one that shows what was answered.
    void altered(const SettingsChange& change, const Status& status, const meta::Image& image);

    // After a start: `image` must be what was answered, each unanswered change whole or not at all.
    void check_start(const meta::Image& image);

private:
    struct Topic {
        Known known;
        std::optional<size_t> creating;  // partitions
        bool deleting = false;
        std::optional<meta::Configs> altering{};
    };
    struct NodeSettings {
        meta::Configs known;
        std::optional<meta::Configs> altering;
    };
    [[nodiscard]] bool refused_rightly(const SettingsChange& change, const Status& status);
    void check_node(NodeId node, NodeSettings& settings, const meta::Image& image);
    void check_topic(const std::string& name, Topic& topic, const meta::Image& image);

    Violation violation_;
    std::map<std::string, Topic> topics_;
    std::map<NodeId, NodeSettings> nodes_;
    std::set<Uuid> ids_;
    int64_t next_producer_id_ = 0;
    Uuid cluster_;
};

}  // namespace cambium::history
