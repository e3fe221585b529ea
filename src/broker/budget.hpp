// A named amount of memory that many share (HOUSE 9): charged before bytes are read, given back
// when they are gone.
//
// Who asks for more than is left waits in line, first come first served, and meanwhile reads
// nothing; newcomers stand behind those who have been served before. An amount larger than the
// whole budget is granted when nobody else holds anything, so that one large request still gets
// through. One loop.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "io/event.hpp"
#include "io/task.hpp"

namespace cambium::broker {

class Budget {
public:
    Budget(std::string name, int64_t limit) : name_(std::move(name)), limit_(limit) {}
    ~Budget();
    Budget(const Budget&) = delete;
    Budget& operator=(const Budget&) = delete;

    enum class Rank : uint8_t { served, newcomer };
    // A newcomer does not join a longer line.
    static constexpr size_t line_for_newcomers_max = 512;

    // A place in the line. Belongs to one that waits at a time; outlives its wait.
    class Place {
    public:
        Place() = default;

    private:
        friend class Budget;
        Budget* waiting_at_ = nullptr;
        int64_t amount_ = 0;
        Rank rank_ = Rank::served;
        bool left_ = false;
        io::Signal granted_;
    };

    // Completes when the amount is granted; with `cancelled` once leave() was called for the place,
    // with `over_budget` when the line is too long to join.
    io::Task<Status> take(int64_t amount, Place* place, Rank rank = Rank::served);
    // Takes without asking, for what cannot wait: the budget may be overdrawn by it.
    void overdraw(int64_t amount) { used_ += amount; }
    void give_back(int64_t amount);
    // Called whenever somebody begins to wait; must not take or give back.
    void tell_of_waiting(std::function<void()> tell) { tell_ = std::move(tell); }
    // Nobody takes at this place any more, and who waits there is sent away.
    static void leave(Place& place);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] int64_t limit() const { return limit_; }
    [[nodiscard]] int64_t used() const { return used_; }
    [[nodiscard]] bool overdrawn() const { return used_ > limit_; }
    [[nodiscard]] size_t waiting() const { return line_.size(); }

private:
    [[nodiscard]] bool fits(int64_t amount) const { return used_ == 0 || used_ + amount <= limit_; }

    std::string name_;
    int64_t limit_;
    int64_t used_ = 0;
    std::deque<Place*> line_;
    std::function<void()> tell_;
};

}  // namespace cambium::broker
