#include "real/disk.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "real/file.hpp"
#include "real/fixture_test.hpp"
#include "real/system.hpp"

namespace cambium::real {
namespace {

struct Fixture {
    TemporaryDirectory directory;
    System system;
    io::Disk& disk = system.world().disk;

    template <class T> T run(io::Task<T> task) { return wait(system, std::move(task)); }
    io::FileRef open(const std::string& name, io::OpenMode mode) {
        const Result<io::FileRef> file = run(disk.open(directory / name, mode));
        REQUIRE(file.ok());
        return *file;
    }
    size_t write(const io::FileRef& file, int64_t position, std::string_view text) {
        const ByteView piece = as_bytes(text);
        return *run(file->writev(position, std::span(&piece, 1)));
    }
};

TEST_CASE_FIXTURE(Fixture, "pieces of any size are written whole and in order") {
    const io::FileRef file = open("file", io::OpenMode::create_new);
    std::string expected;
    std::vector<std::string> parts;
    for (size_t i = 0; i < 600; ++i) {
        const size_t size = i % 100 == 7 ? 700'001 : i % 3 * 1'111;
        parts.emplace_back(size, static_cast<char>('a' + i % 26));
        expected += parts.back();
    }
    std::vector<ByteView> pieces;
    pieces.reserve(parts.size());
    for (const std::string& part : parts) pieces.push_back(as_bytes(part));
    CHECK(*run(file->writev(5, pieces)) == expected.size());
    std::vector<uint8_t> into(expected.size() + 5);
    CHECK(*run(file->pread(0, into)) == into.size());
    CHECK(as_text(ByteView(into).subspan(5)) == expected);
}

TEST_CASE_FIXTURE(Fixture, "what was written is read, at any position, up to the end") {
    const io::FileRef file = open("file", io::OpenMode::create_new);
    const std::array<ByteView, 3> pieces{as_bytes("one,"), as_bytes(""), as_bytes("two")};
    CHECK(*run(file->writev(0, pieces)) == 7);
    CHECK(write(file, 10, "ten") == 3);
    CHECK(*run(file->size()) == 13);
    std::vector<uint8_t> into(100);
    CHECK(*run(file->pread(4, into)) == 9);
    CHECK(as_text(ByteView(into).first(9)) == std::string_view("two\0\0\0ten", 9));
    CHECK(*run(file->pread(13, into)) == 0);
    CHECK(*run(file->pread(100, into)) == 0);
}

TEST_CASE_FIXTURE(Fixture, "syncs succeed here and on a worker, and truncation cuts") {
    const io::FileRef file = open("file", io::OpenMode::create);
    write(file, 0, "0123456789");
    CHECK(run(file->datasync(io::Where::here)).ok());
    CHECK(system.threads() == 0);
    CHECK(run(file->datasync(io::Where::worker)).ok());
    CHECK(run(file->truncate(4)).ok());
    CHECK(*run(file->size()) == 4);
    CHECK(run(file->truncate(2 * big_file_bytes)).ok());
    CHECK(run(file->truncate(0)).ok());
    CHECK(*run(file->size()) == 0);
}

TEST_CASE_FIXTURE(Fixture, "a file that is not in memory is read whole on a worker") {
    const io::FileRef file = open("cold", io::OpenMode::create);
    const std::string text(300'000, 'x');
    CHECK(write(file, 0, text) == text.size());
    CHECK(run(file->datasync(io::Where::here)).ok());
    const Descriptor other(::open((directory / "cold").c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(::posix_fadvise(other.number(), 0, 0, POSIX_FADV_DONTNEED) == 0);
    std::vector<uint8_t> into(400'000);
    CHECK(*run(file->pread(0, into)) == text.size());
    CHECK(as_text(ByteView(into).first(text.size())) == text);
}

TEST_CASE_FIXTURE(Fixture, "open modes make, refuse and find as they say") {
    using io::OpenMode;
    CHECK(run(disk.open(directory / "no", OpenMode::read)).code() == Errc::not_found);
    CHECK(run(disk.open(directory / "no", OpenMode::write)).code() == Errc::not_found);
    CHECK(run(disk.open(directory / "no/file", OpenMode::create)).code() == Errc::not_found);
    open("file", OpenMode::create_new);
    CHECK(run(disk.open(directory / "file", OpenMode::create_new)).code() == Errc::already_exists);
    open("file", OpenMode::create);
    const Result<io::FileRef> wrong = run(disk.open(directory / "", OpenMode::read));
    REQUIRE(wrong.code() == Errc::invalid_argument);
    CHECK(wrong.error().context.find("cambium-test") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "directories are made, listed in order, synced and removed") {
    CHECK(run(disk.make_directory(directory / "d")).ok());
    CHECK(run(disk.make_directory(directory / "d")).ok());
    CHECK(run(disk.make_directory(directory / "x/y")).code() == Errc::not_found);
    write(open("d/b", io::OpenMode::create), 0, "12345");
    open("d/a", io::OpenMode::create);
    CHECK(run(disk.make_directory(directory / "d/c")).ok());
    CHECK(run(disk.sync_directory(directory / "d")).ok());
    CHECK(run(disk.sync_directory(directory / "gone")).code() == Errc::not_found);
    const auto entries = run(disk.list(directory / "d"));
    REQUIRE(entries->size() == 3);
    CHECK((*entries)[0].name == "a");
    CHECK((*entries)[1].size == 5);
    CHECK((*entries)[2].is_directory);
    CHECK(run(disk.remove_directory(directory / "d")).code() == Errc::already_exists);
    CHECK(run(disk.rename(directory / "d/a", directory / "d/b")).ok());
    CHECK(run(disk.unlink(directory / "d/b")).ok());
    CHECK(run(disk.unlink(directory / "d/b")).code() == Errc::not_found);
    CHECK(run(disk.remove_directory(directory / "d/c")).ok());
    CHECK(run(disk.remove_directory(directory / "d")).ok());
    CHECK(run(disk.list(directory / "d")).code() == Errc::not_found);
}

TEST_CASE_FIXTURE(Fixture,
                  "an open file outlives its name, and a big one is given back by a worker") {
    io::FileRef file = open("big", io::OpenMode::create);
    CHECK(run(file->truncate(big_file_bytes)).ok());
    write(file, 0, "start");
    CHECK(run(disk.unlink(directory / "big")).ok());
    std::vector<uint8_t> into(5);
    CHECK(*run(file->pread(0, into)) == 5);
    CHECK(as_text(into) == "start");
    file.reset();
    CHECK(system.threads() > 0);
}

TEST_CASE_FIXTURE(Fixture, "the space of a big file goes back when its last reader lets it go") {
    const std::string path = directory / "big";
    const auto kept_bytes = [](int descriptor) {
        struct stat status{};
        REQUIRE(::fstat(descriptor, &status) == 0);
        return static_cast<int64_t>(status.st_size);
    };
    io::FileRef file = open("big", io::OpenMode::create);
    CHECK(run(file->truncate(3 * big_file_bytes + 1)).ok());
    SUBCASE("somebody reads it") {
        const Descriptor reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        file.reset();
        CHECK(run(disk.unlink(path)).ok());
        CHECK(kept_bytes(reader.number()) == 3 * big_file_bytes + 1);
        const std::string same = "/proc/self/fd/" + std::to_string(reader.number());
        cut_in_pieces(Descriptor(::open(same.c_str(), O_WRONLY | O_CLOEXEC)));
        CHECK(kept_bytes(reader.number()) == 3 * big_file_bytes + 1);
    }
    SUBCASE("it has a name") {
        file.reset();
        cut_in_pieces(Descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC)));
        CHECK(*run(open("big", io::OpenMode::read)->size()) == 3 * big_file_bytes + 1);
    }
    SUBCASE("nobody does") {
        file.reset();
        const Descriptor alone(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        REQUIRE(::unlink(path.c_str()) == 0);
        cut_in_pieces(alone);
        CHECK(kept_bytes(alone.number()) <= freed_at_once_bytes);
    }
}

TEST_CASE_FIXTURE(Fixture, "a lock has one holder") {
    Result<std::unique_ptr<io::DirectoryLock>> first = run(disk.lock(directory / ".lock"));
    REQUIRE(first.ok());
    System other;
    CHECK(wait(other, other.world().disk.lock(directory / ".lock")).code() ==
          Errc::directory_locked);
    first->reset();
    CHECK(wait(other, other.world().disk.lock(directory / ".lock")).ok());
}

TEST_CASE_FIXTURE(Fixture, "there is some space, and less than there is in all") {
    const Result<io::Space> space = run(disk.space(directory / "."));
    REQUIRE(space.ok());
    CHECK(space->free_bytes > 0);
    CHECK(space->free_bytes <= space->total_bytes);
}

TEST_CASE_FIXTURE(Fixture, "what the system says becomes an error of ours") {
    const Result<io::FileRef> full = run(disk.open("/dev/full", io::OpenMode::write));
    CHECK(full.code() == Errc::invalid_argument);  // a device is not a file
    CHECK(system_error(ENOSPC, "x").code == Errc::no_space);
    CHECK(system_error(EIO, "x").code == Errc::io_error);
    CHECK(system_error(EMFILE, "x").code == Errc::too_many_files);
}

// No more than a few descriptors, all of them taken, until it ends.
class NoDescriptors {
public:
    NoDescriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        rlimit few = before_;
        few.rlim_cur = 128;
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
        for (int taken = 0; taken >= 0;) {
            taken = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
            if (taken >= 0) taken_.push_back(taken);
        }
        REQUIRE(errno == EMFILE);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() {
        for (const int each : taken_) ::close(each);
        (void)::setrlimit(RLIMIT_NOFILE, &before_);
    }

private:
    rlimit before_{};
    std::vector<int> taken_;
};

TEST_CASE_FIXTURE(Fixture, "directories are read and synced when no descriptor is left") {
    REQUIRE(run(disk.make_directory(directory / "d")).ok());
    write(open("d/file", io::OpenMode::create), 0, "x");
    {
        const NoDescriptors none;
        CHECK(run(disk.open(directory / "d/file", io::OpenMode::read)).code() ==
              Errc::too_many_files);
        for (int i = 0; i < 3; ++i) {
            CHECK(run(disk.sync_directory(directory / "d")).ok());
            const auto listed = run(disk.list(directory / "d"));
            REQUIRE(listed.ok());
            CHECK(listed->size() == 1);
        }
    }
    CHECK(run(disk.open(directory / "d/file", io::OpenMode::read)).ok());
}

TEST_CASE_FIXTURE(Fixture,
                  "a directory that was removed under us is not found, and its files go on") {
    REQUIRE(run(disk.make_directory(directory / "d")).ok());
    const io::FileRef file = open("d/file", io::OpenMode::create);
    write(file, 0, "one");
    std::filesystem::remove_all(directory / "d");
    CHECK(write(file, 3, "two") == 3);
    CHECK(run(file->datasync(io::Where::worker)).ok());
    CHECK(run(disk.sync_directory(directory / "d")).code() == Errc::not_found);
    CHECK(run(disk.list(directory / "d")).code() == Errc::not_found);
    CHECK(run(disk.open(directory / "d/other", io::OpenMode::create)).code() == Errc::not_found);
    CHECK(run(disk.rename(directory / "d", directory / "e")).code() == Errc::not_found);
}

TEST_CASE_FIXTURE(Fixture, "a write that the system cuts short says how much of it was written") {
    // A file may not grow beyond the limit of the process: first a part is written, then an error.
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 4096;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const io::FileRef file = open("file", io::OpenMode::create);
    CHECK(write(file, 0, std::string(5000, 'x')) == 4096);
    const std::string more(904, 'x');
    const ByteView piece = as_bytes(more);
    CHECK_FALSE(run(file->writev(4096, std::span(&piece, 1))).ok());
    (void)::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, ignored);
    CHECK(*run(file->size()) == 4096);
}

}  // namespace
}  // namespace cambium::real
