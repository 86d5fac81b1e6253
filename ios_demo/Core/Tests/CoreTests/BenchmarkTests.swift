import Foundation
import XCTest

@testable import Core

final class BenchmarkTests: XCTestCase {
    private let facts = """
        {"name": "small painterly", "model": "small", "precision": "int8", "multiple": 4, "reach": 20,
         "sizes": [[256, 256], [1280, 720], [720, 1280]]}
        """

    func testAllHaveTheirTurnInEachRoundAndOneThatThrowsDropsOut() {
        let plan = BenchmarkPlan(iterations: 3, warmUps: 1, sustainedSeconds: 0, quick: false)
        var random = SystemRandomNumberGenerator()
        var order: [Int] = []
        var rounds: [Int] = []
        let timings = try? takeTurns(
            systems: 3, plan: plan, random: &random,
            turn: { system in
                order.append(system)
                if system == 1 { throw Failure.notPainted("no memory") }
                return Double(order.count)
            },
            afterRound: { round, _ in rounds.append(round) })
        XCTAssertEqual(rounds, [1, 2, 3, 4])
        XCTAssertEqual(order.filter { $0 == 0 }.count, 4)
        XCTAssertEqual(order.filter { $0 == 1 }.count, 1)
        XCTAssertEqual(timings?.map { $0.samples.count }, [3, 0, 3])
        XCTAssertEqual(timings?[1].failure, Failure.notPainted("no memory").errorDescription)
    }

    func testSizesAreTheListedOnesWithoutPortraits() throws {
        let listed = try ModelFacts(text: facts, file: "small.mlmodelc")
        XCTAssertEqual(BenchmarkPlan.paper.sizes(for: listed).map { $0.width }, [256, 1280])
        let free = try ModelFacts(text: "{\"multiple\": 4}", file: "free.mlmodelc")
        XCTAssertEqual(BenchmarkPlan.firstLook.sizes(for: free).map { $0.width }, [256, 512])
    }

    func testARunIsWrittenByTheNamesOfTheSchemaAndReadBack() throws {
        let sides = Sides(height: 720, width: 1280)
        let listed = try ModelFacts(text: facts, file: "small.mlmodelc")
        var row = Row(facts: listed, file: "small.mlmodelc", bytes: 9, backend: "ALL", sides: sides)
        row.measure([1, 2, 4])
        row.readings = [Reading(atS: 0.5, thermal: .light, batteryPercent: nil, charging: true)]
        let run = BenchmarkRun(
            made: Date(timeIntervalSince1970: 0), hardware: Hardware(device: "iPhone17,1", cores: 6, memoryBytes: 8),
            os: OperatingSystem(name: "iOS", version: "18.0", architecture: "arm64"), versions: ["app": "0.1.0"],
            settings: RunSettings(plan: .paper, sizes: [sides], picture: "grey"),
            files: ["small.mlmodelc": MadeFile(bytes: 9, sha256: String(repeating: "0", count: 64))], rows: [row])
        let data = try run.json()
        XCTAssertEqual(try JSONDecoder().decode(BenchmarkRun.self, from: data), run)
        let content = try XCTUnwrap(JSONSerialization.jsonObject(with: data) as? [String: Any])
        XCTAssertEqual(content["made"] as? String, "1970-01-01T00:00:00Z")
        let rows = try XCTUnwrap(content["rows"] as? [[String: Any]])
        XCTAssertEqual(rows[0]["status"] as? String, "measured")
        XCTAssertEqual(rows[0]["samples_ms"] as? [Double], [1, 2, 4])
        XCTAssertNil(rows[0]["reason"])
        XCTAssertNil(rows[0]["sustained"])
        let readings = try XCTUnwrap(rows[0]["readings"] as? [[String: Any]])
        XCTAssertEqual(readings[0].keys.sorted(), ["at_s", "charging", "thermal"])
    }

    func testARowThatFailsKeepsOnlyItsReason() throws {
        let listed = try ModelFacts(text: facts, file: "small.mlmodelc")
        var row = Row(facts: listed, file: "f", bytes: 9, backend: "ALL", sides: Sides(height: 4, width: 4))
        XCTAssertEqual(row.status, .notRun)
        row.measure([1, .nan])
        XCTAssertEqual(row.status, .failed)
        row.measure([1])
        row.fail("first line\nsecond line")
        XCTAssertEqual(row.reason, "first line")
        XCTAssertNil(row.samplesMs)
    }

    func testTheFilesOfAPackageAreInThePathsOrder() {
        XCTAssertEqual(packageOrder(["b", "a.txt", "a/c", "a/B"]), ["a/B", "a/c", "a.txt", "b"])
    }
}
