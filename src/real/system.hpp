// The real world in one piece: what `node` starts a server on.
//
// Makes no thread until something blocks. Everything built on world() is closed and destroyed
// before the System.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "io/gate.hpp"
#include "io/world.hpp"
#include "real/clock.hpp"
#include "real/disk.hpp"
#include "real/loop.hpp"
#include "real/network.hpp"
#include "real/pool.hpp"

namespace cambium::real {

class System {
public:
    struct Options {
        size_t workers = 2;
        // Most of what they do is waiting: more syncs under way end sooner together.
        size_t disk_workers = 8;
    };
    System() : System(Options{}) {}
    explicit System(Options options);
    System(const System&) = delete;
    System& operator=(const System&) = delete;
    ~System();

    [[nodiscard]] io::World& world() { return world_; }
    [[nodiscard]] RealLoop& loop() { return loop_; }
    [[nodiscard]] size_t threads() const { return pool_.threads() + disk_pool_.threads(); }

    // Runs until stop(), which any thread may call.
    void run() { loop_.run(); }
    void stop() { loop_.stop(); }

private:
    class NoTrace : public io::Trace {
        void event(std::string_view, int64_t, int64_t) override {}
    };

    RealLoop loop_;
    SystemClock clock_;
    io::Random random_;
    Pool pool_;
    Pool disk_pool_;
    FileDisk disk_;
    SocketNetwork network_;
    NoTrace trace_;
    io::World world_;
};

// Runs `task` and the loop until it has ended: for programs that do one thing, and tests.
template <class T> T wait(System& system, io::Task<T> task) {
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
    io::Gate gate;
    if constexpr (std::is_void_v<T>) io::spawn(gate, std::move(task));
    else io::spawn(gate, std::move(task), &value);
    if (gate.held() > 0) system.loop().run_until([&] { return gate.held() == 0; });
    if constexpr (!std::is_void_v<T>) return std::move(*value);
}

}  // namespace cambium::real
