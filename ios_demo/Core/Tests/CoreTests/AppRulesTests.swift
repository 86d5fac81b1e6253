import Foundation
import XCTest

@testable import Core

final class AppRulesTests: XCTestCase {
    func testWhatAModelSaysOfItselfIsReadAsInPython() throws {
        for entry in try golden("metadata.json", as: GoldenMetadata.self).files {
            let text = String(decoding: try JSONEncoder().encode(entry.facts), as: UTF8.self)
            let facts = try ModelFacts(text: text, file: "look.mlmodelc")
            XCTAssertEqual([facts.name, facts.model], [entry.facts.name, entry.facts.model])
            XCTAssertEqual([facts.author, facts.licence], [entry.facts.author, entry.facts.licence])
            XCTAssertEqual([facts.multiple, facts.reach], [entry.facts.multiple, entry.facts.reach ?? 64])
            XCTAssertEqual(facts.sizes.map { [$0.height, $0.width] }, entry.facts.sizes ?? [])
            XCTAssertEqual(facts.isGlobal, entry.facts.tiling == "global")
        }
    }

    func testAModelThatDoesNotSayItsSizesIsNamedInASentence() {
        let texts: [String?] = [nil, "no JSON", "{}", "{\"multiple\": 0}", "{\"multiple\": 4, \"sizes\": [[256]]}"]
        for text in texts {
            XCTAssertThrowsError(try ModelFacts(text: text, file: "look.mlmodelc")) { error in
                XCTAssertTrue(error.localizedDescription.hasPrefix("The model look.mlmodelc cannot be used because "))
            }
        }
    }

    func testAPhotoThatDoesNotFitIsRefusedBeforeItIsRead() throws {
        let photo = Sides(height: 3000, width: 4000)
        try PhotoLimit.check(photo, available: 300_000_000)
        XCTAssertThrowsError(try PhotoLimit.check(photo, available: 100_000_000)) { error in
            XCTAssertEqual(error as? Failure, .tooLittleMemory(12))
        }
        XCTAssertThrowsError(try PhotoLimit.check(Sides(height: 9000, width: 9000), available: .max)) { error in
            XCTAssertEqual(error as? Failure, .tooLarge(81))
        }
    }

    func testFramesArePaintedOneAtATimeAndFewerInHeat() {
        var pacer = FramePacer()
        XCTAssertTrue(pacer.begin(at: 0, thermal: .nominal))
        XCTAssertFalse(pacer.begin(at: 0.03, thermal: .nominal))
        pacer.finish()
        XCTAssertTrue(pacer.begin(at: 0.04, thermal: .light))
        pacer.finish()
        XCTAssertFalse(pacer.begin(at: 0.08, thermal: .severe))
        XCTAssertTrue(pacer.begin(at: 0.12, thermal: .severe))
        pacer.finish()
        XCTAssertFalse(pacer.begin(at: 9, thermal: .critical))
    }

    func testTheTallyIsOfTheLastFrames() throws {
        var tally = FrameTally()
        XCTAssertNil(tally.means)
        for frame in 0...100 { tally.add(milliseconds: frame < 40 ? 99 : 20, at: Double(frame) * 0.04) }
        let means = try XCTUnwrap(tally.means)
        XCTAssertEqual(means.milliseconds, 20, accuracy: 1e-9)
        XCTAssertEqual(means.framesPerSecond, 25, accuracy: 1e-6)
    }
}
