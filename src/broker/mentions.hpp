// How often a request names one thing. A name costs a few bytes and its answer any number of them:
// as often as a client may have a reason for it, each mention is answered, as in Kafka; what is
// named more often is passed over. For the time of a request.
#pragma once

#include <map>
#include <utility>

namespace cambium::broker {

template <class Key> class Mentions {
public:
    static constexpr int answered_max = 4;

    // Whether this one is answered.
    [[nodiscard]] bool answered(Key key) { return ++seen_[std::move(key)] <= answered_max; }

private:
    std::map<Key, int> seen_;
};

}  // namespace cambium::broker
