// Fetch sessions (KIP-227): what a client reads and what it was told about it last, so that its
// next request names only what changes and its answer only what is new.
//
// A request with epoch 0 asks for a session, one with a higher epoch continues it, one with -1
// wants none; the latter and 0 give up the session they name. Sessions have a bounded number of
// slots, and Kafka's rule says who pushes whom out: first goes one that was not used for two
// minutes; else the one with the fewest partitions, once it is two minutes old, and only for one
// that has more. Followers come before clients. Whoever gets no slot is answered with session id 0
// and sends everything again, which is always correct.
//
// Sans-IO: begin() before the partitions are read, end() on what was read. Between the two the
// session may have been continued by another request, or be gone. One loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/clock.hpp"
#include "io/random.hpp"
#include "wire/messages/fetch.hpp"

namespace cambium::broker {

// What a request reads, once its session was looked at.
struct FetchPlan {
    enum class Kind : uint8_t { sessionless, full, incremental };

    int16_t error_code = 0;  // of the whole request: then nothing is read
    Kind kind = Kind::sessionless;
    bool by_id = false;  // topics have ids, not names
    bool follower = false;
    int32_t session = 0;  // incremental: which, and the epoch that its next request must have
    int32_t epoch = 0;
    // In the order in which they are read. Names look into the request's frame or into `names`.
    std::vector<wire::FetchRequest::Topic> topics;
    std::deque<std::string> names;
};

class FetchSessions {
public:
    struct Limits {
        size_t slots = 1000;                  // max.incremental.fetch.session.cache.slots
        int64_t memory = int64_t{64} << 20;   // of all sessions, about
        io::Duration stale{120'000'000'000};  // min.incremental.fetch.session.eviction.ms
    };

    // `random` outlives this; it is asked when a session is made.
    FetchSessions(Limits limits, io::Random* random) : limits_(limits), random_(random) {}

    // Takes the topics out of `request`, which lives until end(). A partition that is named twice
    // is read once, as its last mention says. Refuses what KIP-227 says, and with
    // fetch_session_id_not_found a session that outgrew the memory for all of them.
    [[nodiscard]] FetchPlan begin(wire::FetchRequest& request, int version, io::Monotonic now);
    // `response` has a partition for each of the plan's, in their order. Names its session, and
    // leaves out what its client knows already.
    void end(const FetchPlan& plan, wire::FetchResponse& response, io::Monotonic now);

    [[nodiscard]] size_t sessions() const { return sessions_.size(); }
    [[nodiscard]] size_t partitions() const { return partitions_; }
    [[nodiscard]] int64_t memory() const { return memory_; }
    [[nodiscard]] uint64_t evictions() const { return evictions_; }

private:
    using Asked = wire::FetchRequest::Topic::Partition;
    using Answered = wire::FetchResponse::Topic::Partition;

    struct Partition {
        std::string topic;
        Uuid topic_id;
        Asked asked;
        // What the client was told last.
        int64_t high_watermark = -1;
        int64_t log_start = -1;
    };
    using Partitions = std::list<Partition>;  // who was answered last stands last
    // Names look into the list's elements.
    using Key = std::tuple<Uuid, std::string_view, int32_t>;
    struct Session {
        int32_t id = 0;
        int32_t epoch = 0;
        bool by_id = false;
        bool follower = false;
        io::Monotonic created;
        io::Monotonic used;
        size_t ranked = 0;  // the number of partitions with which it stands in the rankings
        Partitions partitions;
        std::map<Key, Partitions::iterator> places;
    };
    // The least worthy first.
    using Rank = std::tuple<bool, size_t, int32_t>;
    using Sessions = std::map<int32_t, Session>;

    [[nodiscard]] FetchPlan resume(wire::FetchRequest& request, int version, io::Monotonic now);
    static void read_all_of(const Session& session, FetchPlan& plan);
    void update(Session& session, const wire::FetchRequest& request);
    void put(Session& session, const wire::FetchRequest::Topic& topic, const Asked& asked);
    void forget(Session& session, const Key& key);
    [[nodiscard]] int32_t create(const FetchPlan& plan, const wire::FetchResponse& response,
                                 io::Monotonic now);
    [[nodiscard]] bool make_place(const FetchPlan& plan, io::Monotonic now);
    [[nodiscard]] bool evict(const Rank& newcomer, io::Monotonic now);
    [[nodiscard]] int32_t fresh_id();
    void keep_news(Session& session, wire::FetchResponse& response);
    [[nodiscard]] static bool news(Partition& known, const Answered& answered);
    void touch(Session& session, io::Monotonic now);
    void remove(Sessions::iterator session);
    void leave_rankings(const Session& session);

    Limits limits_;
    io::Random* random_;
    Sessions sessions_;
    std::set<std::pair<io::Monotonic, int32_t>> by_use_;
    // Who may be pushed out by anybody, and who by followers.
    std::set<Rank> evictable_;
    std::set<Rank> evictable_by_followers_;
    size_t partitions_ = 0;
    int64_t memory_ = 0;
    uint64_t evictions_ = 0;
};

}  // namespace cambium::broker
