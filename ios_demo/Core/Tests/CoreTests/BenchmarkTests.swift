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

    func testARunIsTheJSONOfPython() throws {
        let all = Sides(height: 720, width: 1280)
        let listed = try ModelFacts(text: facts, file: "small-int8.mlmodelc")
        var rows = ["ALL", "CPU_AND_GPU", "CPU_ONLY"].map { backend in
            Row(facts: listed, file: "small-int8.mlmodelc", bytes: 150_000, backend: backend, sides: all)
        }
        let samples = [4.125, 3.5, 3.75, 3.625, 9.5, 3.875, 4.25, 3.4375]
        rows[0].measure(samples + samples + samples)
        rows[0].loadMs = 12.5
        rows[0].firstMs = 8.75
        rows[0].readings = [
            Reading(atS: 0.5, thermal: .nominal, batteryPercent: 81, charging: true),
            Reading(atS: 9.25, thermal: .light, batteryPercent: nil, charging: nil),
        ]
        var curve = SustainedCurve(seconds: 10)
        XCTAssertTrue(curve.add(milliseconds: 4, atS: 5, thermal: .light))
        XCTAssertFalse(curve.add(milliseconds: 5, atS: 10, thermal: .severe))
        rows[0].add(curve)
        rows[1].fail("no memory")
        let run = BenchmarkRun(
            made: Date(timeIntervalSince1970: 1_767_323_045),
            hardware: Hardware(
                device: "iPhone17,1", instructions: ["asimd", "asimddp", "i8mm"], cores: 6, memoryBytes: 8_000_000_000),
            os: OperatingSystem(name: "iOS", version: "18.0", architecture: "arm64"),
            versions: ["ios_demo": "0.1.0"],
            settings: RunSettings(plan: .paper, sizes: [all], picture: "grey"),
            files: [
                "small-int8.mlmodelc": MadeFile(
                    bytes: 150_000, sha256: String(repeating: "0123456789abcdef", count: 4))
            ],
            rows: rows)
        let written = try JSONDecoder().decode(JSONValue.self, from: run.json())
        XCTAssertEqual(written, try golden("iphone_run.json", as: GoldenRuns.self).runs.first)
        XCTAssertEqual(try JSONDecoder().decode(BenchmarkRun.self, from: run.json()), run)
    }

    func testDotProductsFollowFromTheInstructions() {
        let found = [["asimd", "asimddp"], ["asimd", "i8mm"], ["asimd"], nil].map { instructions in
            Hardware(device: "iPhone10,4", instructions: instructions, cores: 6, memoryBytes: 1).dotProducts
        }
        XCTAssertEqual(found, [true, true, false, nil])
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
