// The Directory of log/directory.hpp: identity and lock, the logs, and the services they share.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/event.hpp"
#include "io/gate.hpp"
#include "log/clean_stop.hpp"
#include "log/common.hpp"
#include "log/directory.hpp"
#include "log/durable_ends.hpp"
#include "log/ends_recorder.hpp"
#include "log/name_sync.hpp"
#include "log/partition_log.hpp"
#include "log/reserve.hpp"
#include "log/shared.hpp"
#include "log/torn_store.hpp"

namespace cambium::log {

class DataDirectory final : public Directory {
public:
    DataDirectory(io::World world, const DirectoryOptions& options);
    ~DataDirectory() override;

    // Takes the lock, makes or checks the directory and reads its records. Called once.
    io::Task<Status> start();

    [[nodiscard]] const std::string& path() const override { return shared_.options.path; }
    [[nodiscard]] const Uuid& id() const override { return id_; }
    [[nodiscard]] const std::optional<Owner>& owner() const override { return owner_; }
    io::Task<Status> claim(Owner owner) override;
    [[nodiscard]] bool stopped_cleanly() const override { return clean_; }
    [[nodiscard]] bool fenced() const override { return shared_.fenced.has_value(); }
    [[nodiscard]] const std::optional<Error>& fenced_by() const override { return shared_.fenced; }
    [[nodiscard]] SyncStats sync_stats() const override { return shared_.durability->stats(); }
    [[nodiscard]] io::Duration sync_age() const override { return shared_.durability->sync_age(); }
    io::Task<bool> make_room() override;
    [[nodiscard]] bool out_of_space() const override { return shared_.reserve_spent; }
    [[nodiscard]] TailCache& tail_cache() override { return shared_.tail; }
    [[nodiscard]] ReadCache& read_cache() override { return shared_.reads; }
    io::Task<Result<std::vector<LogIdentity>>> list() override;
    io::Task<Result<Log*>> create(LogIdentity identity, LogConfig config) override;
    io::Task<Result<Log*>> load(LogIdentity identity, LogConfig config) override;
    [[nodiscard]] const std::vector<Recovered>& recovered() const override { return recovered_; }
    io::Task<Status> remove(LogIdentity identity) override;
    io::Task<Status> close() override;

private:
    using Logs = std::map<TopicPartition, std::unique_ptr<PartitionLog>>;

    // identity.cpp: what makes a directory one of ours.
    io::Task<Status> make_or_check();
    io::Task<Status> refuse_foreign();
    io::Task<Status> format();
    io::Task<Status> read_owner();
    io::Task<void> mark_lock();
    io::Task<Result<Uuid>> id_in_lock();
    io::Task<Status> remove_leftovers();
    io::Task<Status> take_clean_stop();

    io::Task<Status> make_files(LogIdentity identity);
    io::Task<Result<LogState>> from_summary(LogIdentity identity, LogSummary summary);
    io::Task<Status> check_topic_id(LogIdentity identity);
    Log* add(const LogIdentity& identity, const LogConfig& config, LogState state);
    io::Task<Status> rename_away(LogIdentity identity);
    io::Task<Status> close_logs();
    using StopStep = io::Task<Status> (DataDirectory::*)();
    io::Task<Status> with_reserve(StopStep step);
    io::Task<Status> summarize_logs();
    io::Task<Status> write_clean_stop();

    [[nodiscard]] std::string path(std::string_view name) const;
    [[nodiscard]] static LogKey key(const LogIdentity& identity) {
        return {identity.topic_id, identity.partition.partition};
    }
    [[nodiscard]] const DurableEnds& collect_ends();
    void list_ends();
    void recorded();
    // A disk operation that changes something failed.
    void failed(const Error& error);
    void advanced(io::Where where);
    Status checked(Status status);
    io::Task<void> keep_reserve();
    void make_reserve_later();

    std::unique_ptr<Common> own_common_;
    Shared shared_;
    std::unique_ptr<io::DirectoryLock> lock_;
    Uuid id_;
    std::optional<Owner> owner_;
    bool clean_ = false;
    std::map<LogKey, LogSummary> summaries_;      // of logs that were not loaded since a clean stop
    std::map<LogKey, DurableEnd> recorded_ends_;  // of logs that are not loaded
    DurableEnds ends_;                            // as they were collected last
    // The loaded logs, and where their ends are in that.
    std::vector<std::pair<PartitionLog*, DurableEnd*>> logs_in_ends_;
    bool ends_outdated_ = true;  // a log came or went since
    DurableEndsFile ends_file_;
    EndsRecorder recorder_;
    TornStore torn_;
    Reserve reserve_;
    NameSync names_;  // of the logs here
    Logs logs_;
    std::set<TopicPartition> busy_;  // being made, loaded or removed
    // What list() read of logs that nothing was done to since: a start asks more than once.
    std::map<TopicPartition, Uuid> listed_;
    std::vector<Recovered> recovered_;
    io::TimerId reserve_timer_ = io::TimerId::none;
    bool reserve_busy_ = false;
    io::Gate gate_;  // held by every operation on a log's files
    bool started_ = false;
    bool closed_ = false;
};

}  // namespace cambium::log
