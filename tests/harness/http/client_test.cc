#include "harness/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

#include "harness/http/url.h"
#include "harness/interrupted.h"
#include "tests/support/expect_error.h"
#include "tests/support/http_server.h"

namespace e2lm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kToken = "hf_aVerySecretToken";

std::vector<HttpHeader> bearer() {
  return {{"Authorization", std::string("Bearer ") + kToken}};
}

// A client that notes its waits instead of waiting.
struct Client {
  std::vector<int64_t> waits;
  HttpOptions options;

  Client() {
    options.retry.seed = 7;
    options.retry.sleep = [this](int64_t ms) { waits.push_back(ms); };
  }
  HttpResponse send(const HttpRequest& request) { return HttpClient(options).send(request); }
};

// The answers of a server, one after the other; the last again and again.
HttpServer::Handler in_turn(std::vector<ServedReply> replies) {
  return [replies, next = size_t{0}](const ServedRequest&) mutable {
    const size_t at = std::min(next++, replies.size() - 1);
    return replies[at];
  };
}

TEST(HttpClientTest, GetsAndPosts) {
  HttpServer server([](const ServedRequest& request) -> ServedReply {
    if (request.method == "POST") return {.body = R"({"echo": )" + request.body + "}"};
    if (request.method == "HEAD") return {.headers = {{"X-Size", "12"}}};
    return {.headers = {{"ETag", "\"e\""}}, .body = "{\"a\": 1}"};
  });
  const HttpClient client({});
  EXPECT_EQ(client.get_json(server.url("/x?y=z"))["a"], 1);
  EXPECT_EQ(client.post_json(server.url("/chat"), bearer(), {{"q", "é"}})["echo"]["q"], "é");
  const HttpResponse head =
      client.send({.method = HttpRequest::Method::head, .url = server.url("/h")});
  EXPECT_EQ(head.header("x-size"), "12");
  const auto requests = server.requests();
  EXPECT_EQ(requests[0].target, "/x?y=z");
  EXPECT_EQ(requests[0].header("authorization"), "");
  EXPECT_EQ(requests[1].header("authorization"), std::string("Bearer ") + kToken);
  EXPECT_EQ(requests[1].header("content-type"), "application/json");
  EXPECT_EQ(server.connections(), 1) << "the connection is kept";
}

TEST(HttpClientTest, StreamsRanges) {
  HttpServer server([](const ServedRequest& request) -> ServedReply {
    if (request.header("range") == "bytes=3-") {
      return {.status = 206, .headers = {{"Content-Range", "bytes 3-9/10"}}, .body = "3456789"};
    }
    return {.body = "0123456789"};
  });
  std::string got, range;
  HttpRequest request{.url = server.url("/f"), .range_from = 3};
  request.on_head = [&](const HttpResponse& head) { range = head.header("content-range"); };
  request.sink = [&](std::string_view piece) {
    EXPECT_FALSE(range.empty()) << "the head comes first";
    got += piece;
  };
  EXPECT_EQ(HttpClient({}).send(request).status, 206);
  EXPECT_EQ(got, "3456789");
  EXPECT_EQ(server.requests()[0].header("accept-encoding"), "identity");
}

TEST(HttpClientTest, TriesAgainWithGrowingWaits) {
  HttpServer server(in_turn({{.silent = true}, {.status = 503}, {.status = 500}, {.body = "ok"}}));
  Client client;
  EXPECT_EQ(client.send({.url = server.url("/")}).body, "ok");
  ASSERT_EQ(client.waits.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_GE(client.waits[i], 250 << i);
    EXPECT_LE(client.waits[i], 750 << i);
  }
  Client again;
  HttpServer same(in_turn({{.silent = true}, {.status = 503}, {.status = 500}, {.body = "ok"}}));
  again.send({.url = same.url("/")});
  EXPECT_EQ(again.waits, client.waits) << "the seed decides the jitter";
}

TEST(HttpClientTest, GivesUpAfterItsTries) {
  HttpServer server(in_turn({{.status = 502, .body = "bad gateway"}}));
  Client client;
  client.options.retry.tries = 4;
  expect_error([&] { client.send({.url = server.url("/p?signature=s")}); }, "/p:", "502",
               "bad gateway", "after 4 tries");
  EXPECT_EQ(server.requests().size(), 4u);
  EXPECT_EQ(client.waits.size(), 3u);
}

TEST(HttpClientTest, DoesNotRepeatWhatCannotPass) {
  for (const int status : {400, 401, 403, 404, 410, 422, 501}) {
    HttpServer server(in_turn({{.status = status}}));
    Client client;
    expect_error([&] { client.send({.url = server.url("/")}); }, std::to_string(status));
    EXPECT_EQ(server.requests().size(), 1u) << status;
  }
}

TEST(HttpClientTest, WaitsAsLongAsTheServerAsks) {
  HttpServer server(in_turn({{.status = 429, .headers = {{"Retry-After", "17"}}},
                             {.status = 429, .headers = {{"RateLimit", "\"api\";r=0;t=55"}}},
                             {.body = "ok"}}));
  Client client;
  EXPECT_EQ(client.send({.url = server.url("/")}).body, "ok");
  EXPECT_THAT(client.waits, ElementsAre(17000, 55000));

  HttpServer long_wait(in_turn({{.status = 429, .headers = {{"Retry-After", "86400"}}}}));
  expect_error([&] { client.send({.url = long_wait.url("/")}); }, "429", "86400 s");
  EXPECT_EQ(long_wait.requests().size(), 1u);
}

TEST(HttpClientTest, ReadsRetryAfterDates) {
  char date[64];
  const time_t then = std::time(nullptr) + 100;
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&then));
  const auto wait = asked_wait_ms({.status = 503, .headers = {{"retry-after", date}}});
  ASSERT_TRUE(wait);
  EXPECT_NEAR(static_cast<double>(*wait), 100'000, 2000);
  EXPECT_EQ(asked_wait_ms({.headers = {{"retry-after", "Thu, 01 Jan 1998 00:00:00 GMT"}}}), 0);
  EXPECT_FALSE(asked_wait_ms({.headers = {{"retry-after", "soon"}}}));
  EXPECT_FALSE(asked_wait_ms({.status = 429, .headers = {{"ratelimit", "\"api\";r=0;t=x"}}}));
}

TEST(HttpClientTest, ABrokenBodyIsReported) {
  HttpServer server(in_turn({{.body = "0123456789", .cut_after = 4}}));
  Client client;
  client.options.retry.tries = 2;
  expect_error([&] { client.send({.url = server.url("/")}); }, "after 2 tries");

  std::string got;
  HttpRequest request{.url = server.url("/")};
  request.sink = [&](std::string_view piece) { got += piece; };
  expect_error([&] { client.send(request); }, server.url("/"));
  EXPECT_EQ(got, "0123") << "what a sink took is not sent again";
}

TEST(HttpClientTest, GivesAStallUp) {
  HttpServer stalls(in_turn({{.body = std::string(1000, 'x'), .stall_after = 500}}));
  HttpServer drips(in_turn({{.body = std::string(1000, 'x'), .drip_ms = 20}}));
  Client client;
  client.options.stall_timeout_ms = 300;
  client.options.retry.tries = 1;
  for (const HttpServer* server : {&stalls, &drips}) {
    const auto started = std::chrono::steady_clock::now();
    expect_error([&] { client.send({.url = server->url("/")}); }, "nothing came for 0.3 s");
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(10));
  }
}

TEST(HttpClientTest, SecretsGoToTheFirstServerOnly) {
  HttpServer other(in_turn({{.body = "file"}}));
  HttpServer server([&](const ServedRequest& request) -> ServedReply {
    if (request.path() == "/b") {
      return {.status = 302, .headers = {{"Location", other.url("/c?sig=1")}, {"X-Second", "2"}}};
    }
    return {.status = 307, .headers = {{"Location", "/b"}, {"X-Linked-Etag", "\"e\""}}};
  });
  const HttpResponse response = HttpClient({}).send({.url = server.url("/a"), .secrets = bearer()});
  EXPECT_EQ(response.body, "file");
  EXPECT_EQ(response.url, other.url("/c?sig=1"));
  EXPECT_EQ(response.first_header("x-linked-etag"), "\"e\"");
  EXPECT_EQ(response.first_header("x-second"), "2");
  ASSERT_EQ(server.requests().size(), 2u);
  for (const ServedRequest& request : server.requests()) {
    EXPECT_THAT(request.header("authorization"), HasSubstr(kToken));
  }
  const std::vector<ServedRequest> elsewhere = other.requests();
  ASSERT_EQ(elsewhere.size(), 1u);
  for (const auto& [name, value] : elsewhere[0].headers) {
    EXPECT_THAT(value, Not(HasSubstr(kToken))) << name;
  }
}

TEST(HttpClientTest, NoMessageShowsASecret) {
  HttpServer server([](const ServedRequest& request) -> ServedReply {
    return {.status = 403,
            .body = R"({"error": "no access with )" + request.header("authorization") + "\"}"};
  });
  try {
    HttpClient({}).send({.url = server.url("/a?token=hunter2"), .secrets = bearer()});
    FAIL();
  } catch (const HttpError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no access with ***"));
    EXPECT_THAT(error.what(), Not(HasSubstr(kToken)));
    EXPECT_THAT(error.what(), Not(HasSubstr("hunter2")));
  }
}

TEST(HttpClientTest, FollowsNoEndlessRedirects) {
  HttpServer server(in_turn({{.status = 302, .headers = {{"Location", "/again"}}}}));
  Client client;
  expect_error([&] { client.send({.url = server.url("/")}); }, "more than 8 times");
  EXPECT_EQ(server.requests().size(), 9u);
  HttpServer bad(in_turn({{.status = 302, .headers = {{"Location", "file:///etc/passwd"}}}}));
  expect_error([&] { client.send({.url = bad.url("/")}); }, "is no URL of the web");
  expect_error([&] { client.send({.method = HttpRequest::Method::post, .url = server.url("/")}); },
               "302");
}

TEST(HttpClientTest, LimitsWhatItKeeps) {
  HttpServer server(in_turn({{.body = std::string(5000, 'x')}}));
  Client client;
  client.options.max_body_bytes = 4000;
  expect_error([&] { client.send({.url = server.url("/")}); }, "more than 4000 bytes");
  HttpServer elsewhere(in_turn(
      {{.status = 302, .headers = {{"Location", "/again"}}, .body = std::string(5000, 'x')}}));
  expect_error([&] { client.send({.url = elsewhere.url("/")}); }, "more than 4000 bytes");
}

TEST(HttpClientTest, StopsWhenAsked) {
  HttpServer stalls(in_turn({{.body = std::string(1000, 'x'), .stall_after = 500}}));
  int asked = 0;
  HttpOptions options{.stop = [&] { return ++asked > 3; }};
  EXPECT_THROW(HttpClient(options).send({.url = stalls.url("/")}), Interrupted);

  HttpServer fails(in_turn({{.status = 503}}));
  options.retry.first_wait_ms = 60'000;
  asked = 0;
  EXPECT_THROW(HttpClient(options).send({.url = fails.url("/")}), Interrupted);
}

TEST(HttpClientTest, SaysWhatCannotBeReached) {
  std::string url;
  {
    HttpServer gone(in_turn({{.body = "x"}}));
    url = gone.url("/x");
  }
  Client client;
  client.options.retry.tries = 2;
  expect_error([&] { client.send({.url = url}); }, url, "after 2 tries");
  expect_error([&] { client.send({.url = "ftp://example.org/x"}); }, "is no URL of the web");
  expect_error([&] { client.send({.url = "http://"}); }, "is no URL");
  expect_error(
      [&] {
        client.send({.url = url, .secrets = {{"Authorization", "Bearer a\r\nX-Evil: 1"}}});
      },
      "line break");
}

TEST(HttpClientTest, WhatASinkThrowsComesThrough) {
  HttpServer server(in_turn({{.body = "x"}}));
  HttpRequest request{.url = server.url("/")};
  request.sink = [](std::string_view) { throw Error("disk", "is full"); };
  expect_error([&] { HttpClient({}).send(request); }, "disk: is full");
}

TEST(UrlTest, OriginsPathsAndEscapes) {
  EXPECT_EQ(origin_of("https://hub.example/x"), "https://hub.example:443");
  EXPECT_EQ(origin_of("http://u:p@hub.example:81/x?y"), "http://hub.example:81");
  EXPECT_NE(origin_of("http://hub.example"), origin_of("https://hub.example"));
  EXPECT_EQ(resolve_url("http://a/b/c", "../d?e"), "http://a/d?e");
  EXPECT_EQ(shown_url("https://u:p@h/x?y=z#f"), "https://h/x");
  EXPECT_EQ(escape_url("a b/ü"), "a%20b%2F%C3%BC");
  EXPECT_EQ(escape_url("a b/c", true), "a%20b/c");
}

}  // namespace
}  // namespace e2lm
