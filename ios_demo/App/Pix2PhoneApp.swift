import SwiftUI

@main
struct Pix2PhoneApp: App {
    @StateObject private var library = ModelLibrary()

    var body: some Scene {
        WindowGroup {
            LiveView()
                .environmentObject(library)
                .task { await library.read() }
        }
    }
}
