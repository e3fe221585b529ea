#include "real/direct.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "io/random.hpp"
#include "real/file.hpp"
#include "real/fixture_test.hpp"
#include "real/system.hpp"

namespace cambium::real {
namespace {

using namespace std::chrono_literals;
constexpr int64_t kib = 1024;

// Memory in which a byte of position p of a file lies where p is, modulo the unit.
class Aligned {
public:
    Aligned(int64_t position, size_t size)
        : lead_(static_cast<size_t>(position % io::direct_unit)),
          size_(size),
          memory_(static_cast<uint8_t*>(std::aligned_alloc(
              io::direct_unit,
              (lead_ + size) / io::direct_unit * io::direct_unit + io::direct_unit))) {
        for (size_t i = 0; i < size; ++i)
            memory_.get()[lead_ + i] = byte_at(position + static_cast<int64_t>(i));
    }
    [[nodiscard]] ByteView view() const { return {memory_.get() + lead_, size_}; }
    static uint8_t byte_at(int64_t position) {
        return static_cast<uint8_t>(position * 2654435761 >> 16);
    }

private:
    struct Free {
        void operator()(uint8_t* bytes) const { std::free(bytes); }
    };
    size_t lead_;
    size_t size_;
    std::unique_ptr<uint8_t, Free> memory_;
};

struct DirectFixture {
    std::unique_ptr<SystemFile> open(const std::string& name) {
        const std::string path = directory / name;
        Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
        REQUIRE(file.valid());
        return std::make_unique<SystemFile>(system.world().work, direct, std::move(file), path);
    }
    // Everything from the beginning up to `end` is what Aligned has there.
    void check_file(SystemFile& file, int64_t end) {
        CHECK(*wait(system, file.size()) == end);
        std::vector<uint8_t> into(static_cast<size_t>(end) + 1);
        CHECK(*wait(system, file.pread(0, into)) == static_cast<size_t>(end));
        for (int64_t i = 0; i < end; ++i)
            if (into[static_cast<size_t>(i)] != Aligned::byte_at(i)) FAIL("differs at " << i);
    }

    // The byte at `at` and those behind it, up to `end`.
    Result<size_t> write(SystemFile& file, int64_t at, int64_t end) {
        const Aligned bytes(at, static_cast<size_t>(end - at));
        const ByteView piece = bytes.view();
        return wait(system, file.writev(at, std::span(&piece, 1)));
    }

    TemporaryDirectory directory;
    System system;
    // A disk that is slow for a moment is not what is tested: each file begins anew.
    std::unique_ptr<SystemFile> open_anew(const std::string& name) {
        direct = std::make_shared<DirectWrites>(places);
        return open(name);
    }
    [[nodiscard]] bool has_such_writes() const {
        const std::string path = directory / "probe";
        const Descriptor probe(::open(path.c_str(), O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600));
        const Aligned unit(0, io::direct_unit);
        return probe.valid() && ::pwrite(probe.number(), unit.view().data(), io::direct_unit, 0) ==
                                    ssize_t{io::direct_unit};
    }

    DirectWrites::Places places;
    std::shared_ptr<DirectWrites> direct = std::make_shared<DirectWrites>(places);
};

}  // namespace

TEST_CASE("the direct part is whole units of what lies in memory as in the file") {
    const Aligned large(5000, 1'000'000);
    const ByteView all = large.view();
    DirectPart part = direct_part(5000, std::span(&all, 1));
    CHECK(part.from == 8192);
    CHECK(part.to == 1'005'000 / 4096 * 4096);
    // A byte further nothing fits any more.
    CHECK(direct_part(5001, std::span(&all, 1)).bytes() == 0);
    // Too little.
    const ByteView little = all.first(500'000);
    CHECK(direct_part(5000, std::span(&little, 1)).bytes() == 0);
    // What comes before it, and fits nowhere, stays out of it; also a piece that ends between
    // units.
    const std::vector<uint8_t> odd(101);
    const std::vector<ByteView> after{ByteView(odd), all};
    part = direct_part(5000 - 101, after);
    CHECK(part.from == 8192);
    const std::vector<ByteView> split{all.first(100'000), all.subspan(100'000)};
    part = direct_part(5000, split);
    CHECK(part.from == 106'496);
    const std::vector<ByteView> at_unit{all.first(8192 - 5000), all.subspan(8192 - 5000)};
    CHECK(direct_part(5000, at_unit).from == 8192);
    // What fits nowhere at its end leaves nothing.
    const std::vector<ByteView> before{all, ByteView(odd)};
    CHECK(direct_part(5000, before).bytes() == 0);
    CHECK(direct_part(0, {}).bytes() == 0);
}

TEST_CASE("cutting out gives the bytes between two positions, piece by piece") {
    const std::vector<uint8_t> bytes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const ByteView view(bytes);
    const std::vector<ByteView> pieces{view.first(3), view.subspan(3, 1), view.subspan(4)};
    const auto cut = cut_out(100, pieces, 102, 107);
    REQUIRE(cut.size() == 3);
    CHECK(cut[0].size() == 1);
    CHECK(cut[0][0] == 2);
    CHECK(cut[1][0] == 3);
    CHECK(cut[2].size() == 3);
    CHECK(cut_out(100, pieces, 100, 100).empty());
    CHECK(cut_out(100, pieces, 110, INT64_MAX).empty());
}

TEST_CASE("a slow disk is left to the page cache for a while, and then tried again") {
    DirectWrites::Places places;
    DirectWrites direct(places);
    constexpr int64_t size = DirectWrites::measured_bytes;
    io::Monotonic now{1};
    const auto write = [&](io::Duration took) {
        if (!direct.begin(now, size)) return false;
        now = now + took;
        direct.ended(now, size);
        now = now + 10s;
        return true;
    };
    CHECK_FALSE(direct.begin(now, DirectWrites::bytes_min - 1));
    CHECK(write(100ms));
    CHECK(write(2s));
    int64_t rested = 0;
    for (; !write(100ms); rested += size) REQUIRE(rested < DirectWrites::rest_bytes);
    CHECK(rested == DirectWrites::rest_bytes);
    direct.unsupported();
    CHECK_FALSE(write(1ms));
    CHECK(places.taken == 0);
}

TEST_CASE("several writes at once share the disk's time, and so many others' places") {
    DirectWrites::Places places;
    DirectWrites direct(places);
    DirectWrites other(places);
    constexpr int64_t size = DirectWrites::measured_bytes / 16;
    io::Monotonic now{1};
    // Each takes four times as long as one that is alone, which would be slow.
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < DirectWrites::Places::most; ++i) REQUIRE(direct.begin(now, size));
        CHECK_FALSE(direct.begin(now, size));
        CHECK_FALSE(other.begin(now, size));
        now = now + 190ms;
        for (int i = 0; i < DirectWrites::Places::most; ++i) direct.ended(now, size);
    }
    CHECK(direct.bytes() == size * 40 * DirectWrites::Places::most);
    CHECK(other.begin(now, size));
}

TEST_CASE_FIXTURE(DirectFixture,
                  "writes of any size and place are read back, past the page cache or not") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        io::Random random(seed);
        const std::string name = std::to_string(seed);
        const auto file = open_anew(name);
        int64_t end = 0;
        bool moved = false;
        while (end < 6'000 * kib) {
            const auto size =
                random.chance(0.5) ? 1 + random.below(9000) : 1 + random.below(2'000'000);
            const Aligned bytes(end, size);
            const size_t cut = random.chance(0.5) ? 0 : random.below(size);
            const std::vector<ByteView> pieces{bytes.view().first(cut), bytes.view().subspan(cut)};
            CHECK(*wait(system, file->writev(end, pieces)) == size);
            end += static_cast<int64_t>(size);
            // What lies beyond the end is not in the way of what is written there.
            if (random.chance(0.2)) {
                const std::vector<uint8_t> zeros(100'000);
                const ByteView piece(zeros);
                CHECK(*wait(system, file->writev(end, std::span(&piece, 1))) == zeros.size());
            }
            if (random.chance(0.2)) {
                std::vector<uint8_t> into(5000);
                (void)wait(system, file->pread(end - 1, into));
                CHECK(into[0] == Aligned::byte_at(end - 1));
            }
            if (random.chance(0.2)) CHECK(wait(system, file->datasync(io::Where::worker)).ok());
            // A log under another name goes on.
            const std::string now = directory / (moved ? "moved" + name : name);
            if (random.chance(0.1)) {
                moved = !moved;
                std::filesystem::rename(now, directory / (moved ? "moved" + name : name));
            }
        }
        CHECK(wait(system, file->truncate(end)).ok());
        check_file(*file, end);
        CHECK((direct->bytes() > 0) == has_such_writes());
        CHECK(places.taken == 0);
    }
}

TEST_CASE_FIXTURE(DirectFixture,
                  "without a descriptor to spare the page cache takes it, this time") {
    const auto file = open("file");
    struct rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const Descriptor highest(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    // The worker's thread exists by then.
    CHECK(wait(system, file->datasync(io::Where::worker)).ok());
    const struct rlimit none{static_cast<rlim_t>(highest.number()), before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    const Result<size_t> wrote = write(*file, 0, 2'000'000);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(*wrote == 2'000'000);
    CHECK(direct->bytes() == 0);
    check_file(*file, 2'000'000);
    CHECK(*write(*file, 2'000'000, 4'000'000) == 2'000'000);
    CHECK((direct->bytes() > 0) == has_such_writes());
    check_file(*file, 4'000'000);
}

TEST_CASE_FIXTURE(DirectFixture,
                  "a write that may not make the file so long fails and leaves its place") {
    const auto file = open("file");
    struct rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit little{1'000'001, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &little) == 0);
    int64_t at = 0;
    Result<size_t> wrote = size_t{0};
    for (int i = 0; i < 10 && wrote.ok(); ++i) {
        wrote = write(*file, at, 2'000'000);
        if (wrote.ok()) at += static_cast<int64_t>(*wrote);
    }
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, ignored);
    CHECK_FALSE(wrote.ok());
    CHECK(at <= 1'000'001);
    CHECK(places.taken == 0);
    CHECK(*write(*file, at, 2'000'000) == static_cast<size_t>(2'000'000 - at));
    check_file(*file, 2'000'000);
}

TEST_CASE_FIXTURE(DirectFixture, "where there are no writes past the page cache it takes them") {
    direct->unsupported();
    const auto file = open("file");
    CHECK(*write(*file, 0, 3'000'000) == 3'000'000);
    CHECK(direct->bytes() == 0);
    check_file(*file, 3'000'000);
}

}  // namespace cambium::real
