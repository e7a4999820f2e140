import { testScenarios } from "./test-seeds.js";

testScenarios("login", "login-partition");
