#include "log/sync_pause.hpp"

#include <memory>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace cambium::log::test {
namespace {

// What is posted runs when the test says so.
struct HeldLoop final : io::Loop {
    std::vector<io::Callback> posted;
    void post(io::Callback message) override { posted.push_back(std::move(message)); }
    void at_round_end(io::Callback message) override { message(); }
    bool may_run_inline() override { return true; }
    void run() {
        for (io::Callback& message : std::exchange(posted, {})) message();
    }
};

}  // namespace

TEST_CASE("a pause is over when the loop has come round once") {
    HeldLoop loop;
    SyncPause pause(loop);
    CHECK(!pause.just_ended());
    pause.ended();
    pause.ended();
    CHECK(pause.just_ended());
    CHECK(loop.posted.size() == 1);
    loop.run();
    CHECK(!pause.just_ended());
    pause.ended();
    CHECK(pause.just_ended());
}

TEST_CASE("a loop that comes round after the pause is gone touches nothing of it") {
    HeldLoop loop;
    auto pause = std::make_unique<SyncPause>(loop);
    pause->ended();
    pause.reset();
    loop.run();
    CHECK(loop.posted.empty());
}

}  // namespace cambium::log::test
