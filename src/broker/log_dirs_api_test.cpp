// DescribeLogDirs and AlterReplicaLogDirs over one and several directories.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

using DescribedDirectories = wire::DescribeLogDirsResponse;
using Altered = wire::AlterReplicaLogDirsResponse;

// "data: t01 u0; more: ": directories, topics and their partitions.
std::string text(const DescribedDirectories& answer) {
    std::string out;
    for (const auto& directory : answer.results) {
        out += directory.log_dir + ":";
        if (directory.error_code != 0) out += "!" + std::to_string(directory.error_code);
        for (const auto& topic : directory.topics) {
            out += " " + topic.name;
            for (const auto& partition : topic.partitions)
                out += std::to_string(partition.partition_index);
        }
        out += "; ";
    }
    return out;
}

TEST_CASE("describe_log_dirs_tells_of_partitions_sizes_and_space") {
    Cluster cluster(81);
    cluster.start();
    cluster.create("t", 2);
    cluster.create("u");
    const Buffer batch = batch_of({"a"});
    cluster.client.ask<wire::ProduceResponse>(produce_request("t", batch.view()), 9);
    const wire::DescribeLogDirsRequest all;
    for (int version = 1; version <= 5; ++version) {
        CAPTURE(version);
        const auto answer = cluster.client.ask<DescribedDirectories>(all, version);
        CHECK(answer.error_code == 0);
        CHECK(text(answer) == "data: t01 u0; ");
        const auto& directory = answer.results.at(0);
        CHECK(directory.topics[0].partitions[0].partition_size ==
              static_cast<int64_t>(batch.size()));
        CHECK(directory.topics[0].partitions[1].partition_size == 0);
        CHECK_FALSE(directory.topics[0].partitions[0].is_future_key);
        if (version < 4) continue;
        CHECK(directory.total_bytes > 0);
        CHECK(directory.usable_bytes > 0);
        CHECK(directory.usable_bytes <= directory.total_bytes);
        CHECK_FALSE(directory.is_cordoned);
    }
}

TEST_CASE("describe_log_dirs_tells_only_of_what_is_asked_for_and_here") {
    Cluster cluster(82);
    cluster.start();
    cluster.create("t", 3);
    cluster.create("u");
    wire::DescribeLogDirsRequest some;
    some.topics.emplace();
    CHECK(text(cluster.client.ask<DescribedDirectories>(some, 5)) == "data:; ");
    some.topics->push_back({"t", {0, 2, 9}});
    some.topics->push_back({"no", {0}});
    CHECK(text(cluster.client.ask<DescribedDirectories>(some, 5)) == "data: t02; ");
}

TEST_CASE("each_partition_is_described_in_the_directory_that_holds_it") {
    Cluster cluster(83);
    cluster.set("log.dirs", "data,more");
    cluster.start();
    cluster.create("t", 2);
    CHECK(text(cluster.client.ask<DescribedDirectories>(wire::DescribeLogDirsRequest{}, 5)) ==
          "data: t0; more: t1; ");
}

TEST_CASE("a_partition_is_moved_only_to_where_it_is") {
    Cluster cluster(84);
    cluster.set("log.dirs", "data,more");
    cluster.start();
    cluster.create("t", 2);
    for (int version = 1; version <= 2; ++version) {
        CAPTURE(version);
        const auto ask = [&](const std::string& path, const std::string& topic, int32_t index) {
            const wire::AlterReplicaLogDirsRequest request{{{path, {{topic, {index}}}}}};
            const auto answer = cluster.client.ask<Altered>(request, version);
            CHECK(answer.results.at(0).topic_name == topic);
            CHECK(answer.results.at(0).partitions.at(0).partition_index == index);
            return answer.results.at(0).partitions.at(0).error_code;
        };
        CHECK(ask("data", "t", 0) == 0);
        CHECK(ask("more", "t", 1) == 0);
        CHECK(ask("more", "t", 0) == wire_code(Errc::operation_not_attempted));
        CHECK(ask("/nowhere", "t", 0) == wire_code(Errc::log_dir_not_found));
        CHECK(ask("data", "t", 9) == wire_code(Errc::unknown_topic_or_partition));
        CHECK(ask("data", "no", 0) == wire_code(Errc::unknown_topic_or_partition));
    }
    // Twice in one request: the last directory counts, and there is one answer.
    const wire::AlterReplicaLogDirsRequest twice{
        {{"data", {{"t", {0}}}}, {"/nowhere", {{"t", {0}}}}}};
    const auto answer = cluster.client.ask<Altered>(twice, 2);
    REQUIRE(answer.results.size() == 1);
    REQUIRE(answer.results[0].partitions.size() == 1);
    CHECK(answer.results[0].partitions[0].error_code == wire_code(Errc::log_dir_not_found));
}

}  // namespace
}  // namespace cambium::broker
